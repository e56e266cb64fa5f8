/* Cells and their sorted arrays. What a cell means, and whether it may be written, is for the
 * layers above. */
#include "guest/cell.h"

#include "cgroup/guest_path.h"

#include <string.h>

struct origin *origin_new(const char *policy, const char *text)
{
    size_t policy_size = strlen(policy) + 1, text_size = strlen(text) + 1;
    struct origin *origin = malloc(sizeof(*origin) + policy_size + text_size);

    if (!origin)
        return NULL;
    origin->references = 1;
    origin->policy = (char *)(origin + 1);
    origin->text = origin->policy + policy_size;
    memcpy(origin->policy, policy, policy_size);
    memcpy(origin->text, text, text_size);
    return origin;
}

struct origin *origin_ref(struct origin *origin)
{
    if (origin)
        origin->references++;
    return origin;
}

struct origin *origin_unref(struct origin *origin)
{
    if (origin && --origin->references == 0)
        free(origin);
    return NULL;
}

static int attr_compare(const struct cg_attr *a, const struct cg_attr *b)
{
    int r;

    if (a == b)
        return 0;
    r = strcmp(a->controller, b->controller);
    if (r == 0)
        r = strcmp(a->name, b->name);
    return r != 0 ? r : a->version - b->version;
}

const char *cell_way(enum cell_target target)
{
    static const char *const ways[] = {
        [CELL_FILE] = "file", [CELL_UNIT] = "systemd", [CELL_MASK] = "thread mask"};

    return ways[target];
}

int cell_compare(const struct cell *a, const struct cell *b)
{
    int r = attr_compare(a->attr, b->attr);

    if (r == 0)
        r = role_compare(a->role, b->role);
    return r != 0 ? r : (int)a->target - (int)b->target;
}

/* The index of the first cell that does not stand before `cell`. Arrays are mostly built and
 * searched in order, so the end is looked at first. */
static size_t place_of(const struct cells *cells, const struct cell *cell)
{
    size_t low = 0, high = cells->count;

    if (high > 0 && cell_compare(&cells->cells[high - 1], cell) < 0)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cell_compare(&cells->cells[middle], cell) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void cell_release(struct cell *cell)
{
    cg_value_unref(cell->value);
    origin_unref(cell->origin);
}

static struct cell cell_copy(const struct cell *cell)
{
    struct cell copy = *cell;

    if (copy.value)
        cg_value_ref(copy.value);
    origin_ref(copy.origin);
    return copy;
}

static int grow(struct cells *cells)
{
    size_t size = cells->size ? cells->size + cells->size / 2 + 1 : 4;
    struct cell *larger;

    if (cells->count < cells->size)
        return 0;
    larger = reallocarray(cells->cells, size, sizeof(*larger));
    if (!larger)
        return -ENOMEM;
    cells->cells = larger;
    cells->size = size;
    return 0;
}

int cells_set(struct cells *cells, const struct cell *cell)
{
    struct cell copy = *cell; /* `cell` may be one of the array's own, which moves */
    size_t at = place_of(cells, &copy);
    int r;

    if (at < cells->count && cell_compare(&cells->cells[at], &copy) == 0) {
        copy = cell_copy(&copy);
        cell_release(&cells->cells[at]);
        cells->cells[at] = copy;
        return 0;
    }
    r = grow(cells);
    if (r < 0)
        return r;
    memmove(&cells->cells[at + 1], &cells->cells[at], (cells->count - at) * sizeof(copy));
    cells->cells[at] = cell_copy(&copy);
    cells->count++;
    return 0;
}

int cells_append(struct cells *cells, const struct cell *cell)
{
    int r = grow(cells);

    if (r == 0)
        cells->cells[cells->count++] = cell_copy(cell);
    return r;
}

struct cell *cells_find(const struct cells *cells, struct cg_role role, enum cell_target target,
                        const struct cg_attr *attr)
{
    struct cell key = {.role = role, .target = target, .attr = attr};
    size_t at = place_of(cells, &key);

    if (at == cells->count || cell_compare(&cells->cells[at], &key) != 0)
        return NULL;
    return &cells->cells[at];
}

void cells_remove(struct cells *cells, struct cell *cell)
{
    size_t at = (size_t)(cell - cells->cells);

    cell_release(cell);
    memmove(cell, cell + 1, (cells->count - at - 1) * sizeof(*cell));
    cells->count--;
}

int cells_copy(const struct cells *from, struct cells *ret)
{
    struct cells copy = {.count = from->count, .size = from->count};

    if (from->count > 0) {
        copy.cells = calloc(from->count, sizeof(*copy.cells));
        if (!copy.cells)
            return -ENOMEM;
    }
    for (size_t i = 0; i < from->count; i++)
        copy.cells[i] = cell_copy(&from->cells[i]);
    *ret = copy;
    return 0;
}

static bool origin_equal(const struct origin *a, const struct origin *b)
{
    return a == b || (a && b && strcmp(a->policy, b->policy) == 0 && strcmp(a->text, b->text) == 0);
}

static bool value_equal(const struct cg_value *a, const struct cg_value *b)
{
    return a == b || (a && b && cg_value_equal(a, b));
}

bool cells_equal(const struct cells *a, const struct cells *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct cell *x = &a->cells[i], *y = &b->cells[i];

        if (cell_compare(x, y) != 0 || x->flags != y->flags || !value_equal(x->value, y->value) ||
            !origin_equal(x->origin, y->origin))
            return false;
    }
    return true;
}

void cells_release(struct cells *cells)
{
    for (size_t i = 0; i < cells->count; i++)
        cell_release(&cells->cells[i]);
    free(cells->cells);
    *cells = (struct cells){0};
}
