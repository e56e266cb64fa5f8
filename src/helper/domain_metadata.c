/* A tenant may be able to write the metadata: its size is bounded here, and beyond the bound
 * nothing of it is kept, since a part would match policies that the whole does not. vmpin's own
 * `ignore` counts whatever the size. */
#include "helper/domain_metadata.h"

#include "base/buffer.h"
#include "helper/domain_xml.h"

#include <string.h>

/* libxml2's own bound without XML_PARSE_HUGE is 256 levels. */
#define LEVELS 256

/* An entry whose strings are not in their final place yet: offsets into `strings`. */
struct entry {
    size_t namespace_uri, path, value;
};

struct flat {
    struct buffer strings; /* each with its NUL */
    struct buffer entries; /* of struct entry */
    struct buffer path;    /* of the element that the reader is in */
    struct buffer text;    /* of that element */
    size_t ends[LEVELS];   /* the path's length around each level */
    size_t namespace_uri;  /* of the top element, in `strings` */
    unsigned level;        /* elements that the reader is in, below <metadata> */
    bool leaf;             /* no child element so far */
    bool cut;
};

static void flat_release(struct flat *flat)
{
    buffer_release(&flat->strings);
    buffer_release(&flat->entries);
    buffer_release(&flat->path);
    buffer_release(&flat->text);
}

/* Stores a string with its NUL and tells where. */
static int store(struct flat *flat, const char *text, size_t length, size_t *ret)
{
    size_t at = flat->strings.length;
    int r = buffer_append(&flat->strings, text, length);

    if (r == 0)
        r = buffer_append(&flat->strings, "", 1);
    if (r == 0)
        *ret = at;
    return r;
}

/* Everything that grows with the metadata. Beyond the bound all of it is dropped. */
static void check_size(struct flat *flat)
{
    size_t size =
        flat->strings.length + flat->entries.length + flat->path.length + flat->text.length;

    if (size <= METADATA_LIMIT)
        return;
    flat->cut = true;
    flat_release(flat);
}

static int add_entry(struct flat *flat, const char *attribute, const char *value, size_t length)
{
    struct entry entry = {.namespace_uri = flat->namespace_uri};
    size_t end = flat->path.length;
    int r = 0;

    if (attribute) {
        r = buffer_append(&flat->path, "/@", 2);
        if (r == 0)
            r = buffer_append(&flat->path, attribute, strlen(attribute));
    }
    if (r == 0)
        r = store(flat, flat->path.data, flat->path.length, &entry.path);
    flat->path.length = end;
    if (r == 0)
        r = store(flat, value, length, &entry.value);
    if (r == 0)
        r = buffer_append(&flat->entries, &entry, sizeof(entry));
    check_size(flat);
    return r;
}

static int add_attributes(struct flat *flat, xmlTextReader *reader)
{
    int r = 0;

    while (r == 0 && !flat->cut && xmlTextReaderMoveToNextAttribute(reader) == 1) {
        const char *value = (const char *)xmlTextReaderConstValue(reader);

        if (xmlTextReaderIsNamespaceDecl(reader) != 1)
            r = add_entry(flat, (const char *)xmlTextReaderConstLocalName(reader),
                          value ? value : "", value ? strlen(value) : 0);
    }
    xmlTextReaderMoveToElement(reader);
    return r;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int add_text(struct flat *flat)
{
    const char *text = flat->text.data ? flat->text.data : "";
    size_t length = flat->text.length;

    while (length > 0 && blank(text[0])) {
        text++;
        length--;
    }
    while (length > 0 && blank(text[length - 1]))
        length--;
    return add_entry(flat, NULL, text, length);
}

static int leave_element(struct flat *flat)
{
    int r = flat->leaf && !flat->cut ? add_text(flat) : 0;

    flat->level--;
    flat->leaf = false;
    flat->text.length = 0;
    if (!flat->cut)
        flat->path.length = flat->ends[flat->level];
    return r;
}

static int push_name(struct flat *flat, const char *name)
{
    int r = 0;

    flat->ends[flat->level] = flat->path.length;
    if (flat->path.length > 0)
        r = buffer_append(&flat->path, "/", 1);
    if (r == 0)
        r = buffer_append(&flat->path, name, strlen(name));
    return r;
}

static int enter_element(struct flat *flat, xmlTextReader *reader, struct facts *facts)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(reader);
    const char *uri = (const char *)xmlTextReaderConstNamespaceUri(reader);
    bool empty = xmlTextReaderIsEmptyElement(reader) == 1;
    int r = 0;

    if (flat->level == LEVELS)
        return -EINVAL;
    if (uri && strcmp(uri, VMPIN_NAMESPACE) == 0 && strcmp(name, VMPIN_IGNORE) == 0)
        facts->ignore = true;
    if (!flat->cut && flat->level == 0)
        r = store(flat, uri ? uri : "", uri ? strlen(uri) : 0, &flat->namespace_uri);
    if (r == 0 && !flat->cut)
        r = push_name(flat, name);
    flat->level++;
    flat->leaf = true;
    flat->text.length = 0;
    check_size(flat);
    if (r == 0)
        r = add_attributes(flat, reader);
    return r == 0 && empty ? leave_element(flat) : r;
}

static int take_text(struct flat *flat, xmlTextReader *reader)
{
    const char *text = (const char *)xmlTextReaderConstValue(reader);
    int r;

    if (!text || flat->cut)
        return 0;
    r = buffer_append(&flat->text, text, strlen(text));
    check_size(flat);
    return r;
}

/* The entries with their strings' addresses, into the facts. */
static int keep(const struct flat *flat, struct facts *facts)
{
    const struct entry *from = (const struct entry *)(const void *)flat->entries.data;
    size_t count = flat->entries.length / sizeof(*from);
    cleanup_free struct facts_metadata *entries = NULL;

    facts->metadata_cut = facts->metadata_cut || flat->cut;
    if (count == 0)
        return 0;
    entries = calloc(count, sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        entries[i].namespace_uri = flat->strings.data + from[i].namespace_uri;
        entries[i].path = flat->strings.data + from[i].path;
        entries[i].value = flat->strings.data + from[i].value;
    }
    return facts_set_metadata(facts, entries, count);
}

int domain_metadata_read(xmlTextReader *reader, struct facts *facts)
{
    cleanup_with(flat_release) struct flat flat = {0};
    int r = 0;

    if (xmlTextReaderIsEmptyElement(reader) == 1)
        return 0;
    while (r == 0 && xmlTextReaderRead(reader) == 1) {
        switch (xmlTextReaderNodeType(reader)) {
        case XML_READER_TYPE_ELEMENT:
            r = enter_element(&flat, reader, facts);
            break;
        case XML_READER_TYPE_END_ELEMENT:
            if (flat.level == 0)
                return keep(&flat, facts);
            r = leave_element(&flat);
            break;
        case XML_READER_TYPE_TEXT:
        case XML_READER_TYPE_CDATA:
        case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
            r = take_text(&flat, reader);
            break;
        }
    }
    return r < 0 ? r : -EINVAL;
}
