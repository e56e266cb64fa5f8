/* sysfs through the kernel port, and not hwloc: hwloc reads the machine that it runs on, or a
 * folder by its path, but no recorded host and no model of one; and what is needed of it here are a
 * few lists in the kernel's own grammar. Its object tree earns its place where CPUs are chosen by
 * caches and cores. */
#include "host/topology.h"

#include "base/error.h"
#include "cgroup/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_list(const struct kernel *kernel, int sys, const char *file, struct cg_set **ret,
                     struct cg_error **err)
{
    cleanup_buffer struct buffer text = {0};
    int r = kernel->read(kernel, sys, file, &text);

    if (r < 0)
        return error_set(err, -r, "/sys/%s: %s", file, strerror(-r));
    r = cg_set_parse(text.data, ret, err);
    return r < 0 ? error_prefix(err, r, "/sys/%s", file) : 0;
}

/* A node's list has the CPUs alone that are online. What its offline ones had for a node is
 * remembered: memory must not move since a CPU went. */
static int add_known(const struct topology *before, struct topology_node *node)
{
    for (size_t i = 0; i < before->count; i++) {
        struct cg_set *both;
        int r;

        if (!cg_set_equal(before->nodes[i].node, node->node))
            continue;
        r = cg_set_union(node->cpus, before->nodes[i].cpus, &both);
        if (r < 0)
            return r;
        cg_set_unref(node->cpus);
        node->cpus = both;
    }
    return 0;
}

static void node_release(struct topology_node *node)
{
    cg_set_unref(node->node);
    cg_set_unref(node->cpus);
}
#define cleanup_node cleanup_with(node_release)

static int add_node(struct topology *topology, const struct topology *before,
                    const struct kernel *kernel, int sys, int number, struct cg_error **err)
{
    cleanup_node struct topology_node node = {0};
    struct topology_node *grown;
    char file[64];
    int r;

    snprintf(file, sizeof(file), "%d", number);
    r = cg_set_parse(file, &node.node, err);
    snprintf(file, sizeof(file), "devices/system/node/node%d/cpulist", number);
    if (r == 0)
        r = read_list(kernel, sys, file, &node.cpus, err);
    if (r < 0)
        return r;
    if (add_known(before, &node) < 0)
        return error_out_of_memory(err);
    if (cg_set_count(node.cpus) == 0)
        return 0;
    grown = reallocarray(topology->nodes, topology->count + 1, sizeof(*grown));
    if (!grown)
        return error_out_of_memory(err);
    topology->nodes = grown;
    grown[topology->count++] = node;
    node = (struct topology_node){0};
    return 0;
}

/* Those that have memory; an older kernel does not tell, and then they all count. */
static int memory_nodes(const struct kernel *kernel, int sys, const struct cg_set *nodes,
                        struct cg_set **ret, struct cg_error **err)
{
    cleanup_error struct cg_error *error = NULL;
    cleanup_set struct cg_set *memory = NULL;
    int r = read_list(kernel, sys, "devices/system/node/has_memory", &memory, &error);

    if (r < 0 && r != -ENOENT) {
        if (err)
            *err = steal_pointer(&error);
        return r;
    }
    r = cg_set_intersection(nodes, memory ? memory : nodes, ret);
    return r < 0 ? error_out_of_memory(err) : 0;
}

int topology_read(const struct kernel *kernel, int sys, const struct cg_set *nodes,
                  const struct topology *before, struct topology *ret, struct cg_error **err)
{
    cleanup_set struct cg_set *memory = NULL;
    struct topology topology = {0};
    int r = memory_nodes(kernel, sys, nodes, &memory, err);

    for (int node = r < 0 ? -1 : cg_set_next(memory, -1); r == 0 && node >= 0;
         node = cg_set_next(memory, node)) {
        cleanup_error struct cg_error *error = NULL;

        r = add_node(&topology, before, kernel, sys, node, &error);
        if (r == -ENOENT) /* a kernel without NUMA has no such folders */
            r = 0;
        else if (r < 0 && err)
            *err = steal_pointer(&error);
    }
    if (r < 0) {
        topology_release(&topology);
        return r;
    }
    *ret = topology;
    return 0;
}

void topology_release(struct topology *topology)
{
    for (size_t i = 0; i < topology->count; i++)
        node_release(&topology->nodes[i]);
    free(topology->nodes);
    *topology = (struct topology){0};
}

static bool overlap(const struct cg_set *a, const struct cg_set *b)
{
    for (int member = cg_set_next(a, -1); member >= 0; member = cg_set_next(a, member))
        if (cg_set_has(b, (unsigned)member))
            return true;
    return false;
}

int topology_nodes(const struct topology *topology, const struct cg_set *cpus, struct cg_set **ret)
{
    cleanup_set struct cg_set *found = NULL;

    for (size_t i = 0; i < topology->count; i++) {
        const struct topology_node *node = &topology->nodes[i];
        struct cg_set *more;
        int r;

        if (!overlap(node->cpus, cpus))
            continue;
        r = cg_set_union(node->node, found ? found : node->node, &more);
        if (r < 0)
            return r;
        cg_set_unref(found);
        found = more;
    }
    if (!found)
        return -ENODATA;
    *ret = steal_pointer(&found);
    return 0;
}
