#include "helper/domain_xml.h"

#include "helper/number.h"
#include "helper/output.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define UUID "6c7e1f0a-93ab-4c51-8f1d-0c5c1c9f7a11"
#define DOMAIN(inside)                                                                             \
    "<domain type='kvm' id='7'><name>db1</name><uuid>" UUID "</uuid>"                              \
    "<memory>65536</memory>" inside "</domain>"
#define METADATA(inside) DOMAIN("<metadata>" inside "</metadata>")

static struct facts *parse_with(int parser(const char *, size_t, const char *, struct facts **,
                                           struct cg_error **),
                                const char *xml)
{
    cleanup_error struct cg_error *err = NULL;
    struct facts *facts = NULL;

    if (parser(xml, strlen(xml), "qemu", &facts, &err) < 0)
        fail_msg("%s\n%s", xml, cg_error_text(err));
    return facts;
}

static struct facts *parse(const char *xml)
{
    return parse_with(domain_xml_parse, xml);
}

static struct facts *parse_status(const char *xml)
{
    return parse_with(domain_status_parse, xml);
}

static void assert_refused(const char *xml, size_t length, const char *place)
{
    cleanup_error struct cg_error *err = NULL;
    struct facts *facts = (struct facts *)"untouched";

    assert_int_equal(domain_xml_parse(xml, length, "qemu", &facts, &err), -EINVAL);
    if (!strstr(cg_error_text(err), place))
        fail_msg("%.200s\nis refused with: %s\nwhich does not name: %s", xml, cg_error_text(err),
                 place);
    assert_string_equal((const char *)facts, "untouched");
}

static void assert_set(const struct cg_set *set, const char *list)
{
    cleanup_free char *text = NULL;

    assert_non_null(set);
    assert_int_equal(cg_set_format(set, &text), 0);
    assert_string_equal(text, list);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* As libvirt 9.0 wrote it for a running guest, shortened in what vmpin does not read. */
static const char live[] =
    "<domain type='qemu' id='12' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
    "  <name>vmpin-test-guest-1</name>\n"
    "  <uuid>3D9C9E5E-6B0D-4C3E-9A56-0D8F1C2B7A44</uuid>\n"
    "  <title>The one</title>\n"
    "  <description>no\nmatter</description>\n"
    "  <metadata>\n"
    "    <inv:machine xmlns:inv=\"https://example.org/inventory/1.0\" owner=\"shop\">\n"
    "      <inv:role inv:tier='1'> data<![CDATA[base]]> </inv:role>\n"
    "      <inv:spare/>\n"
    "    </inv:machine>\n"
    "  </metadata>\n"
    "  <maxMemory slots='16' unit='KiB'>1048576</maxMemory>\n"
    "  <memory unit='KiB'>524288</memory>\n"
    "  <currentMemory unit='KiB'>262144</currentMemory>\n"
    "  <memoryBacking>\n    <hugepages/>\n    <locked/>\n  </memoryBacking>\n"
    "  <vcpu placement='static' cpuset='0-1' current='2'>4</vcpu>\n"
    "  <iothreads>3</iothreads>\n"
    "  <iothreadids>\n    <iothread id='4'/>\n    <iothread id='2'/>\n  </iothreadids>\n"
    "  <cputune>\n"
    "    <shares>2048</shares>\n"
    "    <vcpupin vcpu='1' cpuset='1'/>\n"
    "    <vcpupin vcpu='0' cpuset='0'/>\n"
    "    <emulatorpin cpuset='0-1'/>\n"
    "    <iothreadpin iothread='2' cpuset='1'/>\n"
    "  </cputune>\n"
    "  <numatune>\n    <memory mode='strict' nodeset='0'/>\n  </numatune>\n"
    "  <resource>\n    <partition>/machine/prod</partition>\n  </resource>\n"
    "  <os>\n    <type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>\n  </os>\n"
    "  <devices>\n"
    "    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
    "    <disk type='file'><source file='/x'/><hostdev/></disk>\n"
    "    <disk type='nvme'/>\n"
    "    <interface type='network'/>\n"
    "    <interface type='hostdev'/>\n"
    "    <hostdev mode='subsystem' type='pci' managed='yes'/>\n"
    "  </devices>\n"
    "  <qemu:commandline><qemu:arg value='-x'/></qemu:commandline>\n"
    "</domain>\n";

static void a_running_guest_is_read_whole(void **state)
{
    cleanup_facts struct facts *facts = parse(live);

    assert_string_equal(facts->uuid, "3d9c9e5e-6b0d-4c3e-9a56-0d8f1c2b7a44");
    assert_string_equal(facts->name, "vmpin-test-guest-1");
    assert_string_equal(facts->title, "The one");
    assert_string_equal(facts->driver, "qemu");
    assert_int_equal(facts->id, 12);
    assert_true(facts->running);
    assert_int_equal(facts->vcpus_maximum, 4);
    assert_int_equal(facts->vcpus_current, 2);
    assert_int_equal(facts->memory_maximum, 1 << 30);
    assert_int_equal(facts->memory_current, 256 << 20);
    assert_true(facts->hugepages && facts->locked_memory);
    assert_false(facts->ignore || facts->metadata_cut);
    assert_int_equal(facts->host_devices, 3);
    assert_int_equal(facts->cpu_shares, 2048);
    assert_string_equal(facts->numatune_mode, "strict");
    assert_string_equal(facts->partition, "/machine/prod");
    assert_set(facts->cpuset, "0-1");
    assert_set(facts->emulator_pin, "0-1");
    assert_int_equal(facts->vcpu_pin_count, 2);
    assert_int_equal(facts->vcpu_pins[0].index, 0);
    assert_set(facts->vcpu_pins[1].cpus, "1");
    assert_int_equal(facts->iothread_pin_count, 1);
    assert_int_equal(facts->iothread_pins[0].index, 2);
    assert_int_equal(facts->iothread_count, 3);
    assert_int_equal(facts->iothreads[0], 1);
    assert_int_equal(facts->iothreads[1], 2);
    assert_int_equal(facts->iothreads[2], 4);
}

static void what_the_xml_leaves_out_has_libvirts_default(void **state)
{
    cleanup_facts struct facts *facts =
        parse("<domain><memory>1</memory><uuid>" UUID "</uuid><name>x</name></domain>");

    assert_int_equal(facts->id, -1);
    assert_false(facts->running);
    assert_int_equal(facts->vcpus_maximum, 1);
    assert_int_equal(facts->vcpus_current, 1);
    assert_int_equal(facts->memory_maximum, 1024);
    assert_int_equal(facts->memory_current, 1024);
    assert_int_equal(facts->iothread_count, 0);
    assert_null(facts->title);
    assert_null(facts->numatune_mode);
    assert_null(facts->partition);
    assert_null(facts->cpuset);
}

static void iothreads_without_ids_are_counted_from_one(void **state)
{
    cleanup_facts struct facts *facts = parse(DOMAIN("<iothreads>2</iothreads>"));
    cleanup_facts struct facts *more =
        parse(DOMAIN("<iothreadids><iothread id='9'/></iothreadids><iothreads>1</iothreads>"));

    assert_int_equal(facts->iothread_count, 2);
    assert_int_equal(facts->iothreads[0], 1);
    assert_int_equal(facts->iothreads[1], 2);
    assert_int_equal(more->iothread_count, 1);
    assert_int_equal(more->iothreads[0], 9);
}

static void units_are_libvirts(void **state)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {
        {"", 1024},
        {"b", 1},
        {"bytes", 1},
        {"byte", 1},
        {"k", 1024},
        {"KiB", 1024},
        {"kb", 1000},
        {"M", 1 << 20},
        {"MiB", 1 << 20},
        {"MB", 1000000},
        {"G", 1 << 30},
        {"gib", 1 << 30},
        {"GB", 1000000000},
        {"T", UINT64_C(1) << 40},
        {"TB", UINT64_C(1000000000000)},
        {"PiB", UINT64_C(1) << 50},
        {"E", UINT64_C(1) << 60},
        {"EB", UINT64_C(1000000000000000000)},
        {"x", 0},
        {"KiBs", 0},
        {"K B", 0},
        {"bit", 0},
        {"\xcb", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (unit_bytes(units[i].unit) != units[i].bytes)
            fail_msg("%s", units[i].unit);
}

static void sizes_are_bytes_below_two_to_the_63(void **state)
{
    cleanup_facts struct facts *facts =
        parse("<domain><name>x</name><uuid>" UUID "</uuid><memory unit='E'> 7\n</memory>"
              "<currentMemory unit='b'>9223372036854775807</currentMemory></domain>");

    assert_true(facts->memory_maximum == UINT64_C(7) << 60);
    assert_true(facts->memory_current == INT64_MAX);
}

static void names_are_kept_as_they_are(void **state)
{
    cleanup_facts struct facts *facts =
        parse("<domain><name> \xc3\xbcn\xc3\xaf-\xe6\x97\xa5&amp;&lt;&#10;&#x9;\xe2\x80\xae</name>"
              "<uuid>" UUID "</uuid><title>&quot;\xf0\x9f\x90\xa7&#xd;</title>"
              "<memory>1</memory></domain>");

    assert_string_equal(facts->name, " \xc3\xbcn\xc3\xaf-\xe6\x97\xa5&<\n\t\xe2\x80\xae");
    assert_string_equal(facts->title, "\"\xf0\x9f\x90\xa7\r");
}

static void hugepages_for_some_memory_nodes_are_not_enough(void **state)
{
    cleanup_facts struct facts *some = parse(DOMAIN(
        "<memoryBacking><hugepages><page size='2' nodeset='1'/></hugepages></memoryBacking>"));
    cleanup_facts struct facts *all =
        parse(DOMAIN("<memoryBacking><hugepages><page size='2'/></hugepages></memoryBacking>"));

    assert_false(some->hugepages);
    assert_true(all->hugepages);
}

static void assert_metadata(const struct facts *facts, size_t index, const char *uri,
                            const char *path, const char *value)
{
    assert_true(index < facts->metadata_count);
    assert_string_equal(facts->metadata[index].namespace_uri, uri);
    assert_string_equal(facts->metadata[index].path, path);
    assert_string_equal(facts->metadata[index].value, value);
}

static void metadata_is_flattened(void **state)
{
    cleanup_facts struct facts *facts = parse(live);
    const char *uri = "https://example.org/inventory/1.0";

    assert_int_equal(facts->metadata_count, 4);
    assert_metadata(facts, 0, uri, "machine/@owner", "shop");
    assert_metadata(facts, 1, uri, "machine/role/@tier", "1");
    assert_metadata(facts, 2, uri, "machine/role", "database");
    assert_metadata(facts, 3, uri, "machine/spare", "");
}

static void metadata_of_several_namespaces_and_of_none_stands_apart(void **state)
{
    cleanup_facts struct facts *facts =
        parse(METADATA("<a xmlns='urn:a'><b xmlns='urn:b' c='1'/></a>x<d><e>&#10;1 2</e>y</d>"));

    assert_int_equal(facts->metadata_count, 3);
    assert_metadata(facts, 0, "urn:a", "a/b/@c", "1");
    assert_metadata(facts, 1, "urn:a", "a/b", "");
    assert_metadata(facts, 2, "", "d/e", "1 2");
}

static void empty_metadata_is_none(void **state)
{
    cleanup_facts struct facts *open = parse(METADATA("\n")), *shut = parse(DOMAIN("<metadata/>"));

    assert_int_equal(open->metadata_count, 0);
    assert_int_equal(shut->metadata_count, 0);
    assert_false(open->metadata_cut || shut->metadata_cut);
}

static void vmpins_ignore_element_is_seen_wherever_it_stands(void **state)
{
    static const char *const yes[] = {
        METADATA("<v:ignore xmlns:v='" VMPIN_NAMESPACE "'/>"),
        METADATA("<v:guest xmlns:v='" VMPIN_NAMESPACE "'><v:ignore>x</v:ignore></v:guest>"),
        METADATA("<ignore xmlns='" VMPIN_NAMESPACE "'/><z/>"),
    };
    static const char *const no[] = {
        METADATA("<ignore/>"),
        METADATA("<v:ignore xmlns:v='urn:x'/>"),
        METADATA("<v:ignored xmlns:v='" VMPIN_NAMESPACE "'/>"),
        DOMAIN("<description><ignore xmlns='" VMPIN_NAMESPACE "'/></description>"),
    };

    for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
        cleanup_facts struct facts *facts = parse(yes[i]);

        assert_true(facts->ignore);
    }
    for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
        cleanup_facts struct facts *facts = parse(no[i]);

        assert_false(facts->ignore);
    }
}

/* DOMAIN with metadata of `count` times `piece` in one element, and vmpin's ignore behind it. */
static char *repeat(const char *piece, size_t count)
{
    static const char before[] = "<domain><name>x</name><uuid>" UUID "</uuid><memory>1</memory>"
                                 "<metadata><top>";
    static const char after[] = "</top><ignore xmlns='" VMPIN_NAMESPACE "'/></metadata></domain>";
    size_t length = strlen(piece);
    char *xml = malloc(sizeof(before) + sizeof(after) + count * length), *at;

    assert_non_null(xml);
    at = stpcpy(xml, before);
    for (size_t i = 0; i < count; i++)
        at = mempcpy(at, piece, length);
    strcpy(at, after);
    return xml;
}

static void metadata_up_to_the_bound_is_kept_and_beyond_it_all_is_left_out(void **state)
{
    /* An entry: "top/a" and NUL, "1234" and NUL, three offsets. */
    size_t fit = (METADATA_LIMIT - 20) / (6 + 5 + 3 * sizeof(size_t));
    cleanup_free char *small = repeat("<a>1234</a>", fit - 1);
    cleanup_free char *large = repeat("<a>1234</a>", fit + 1);
    cleanup_facts struct facts *kept = parse(small), *cut = parse(large);

    assert_int_equal(kept->metadata_count, fit);
    assert_false(kept->metadata_cut);
    assert_int_equal(cut->metadata_count, 0);
    assert_true(cut->metadata_cut && cut->ignore);
}

/* Under valgrind libxml2 takes a minute for the 50 MB; 5 are far beyond the bound too. */
static size_t huge(void)
{
    return getenv("VMPIN_TEST_LIVES") ? 5000000 : 50000000;
}

static void fifty_megabytes_of_metadata_take_bounded_memory_and_time(void **state)
{
    static const char *const pieces[] = {
        "<a b='c'>d</a>",
        "<some-longer-name with='attribute' and='another'/>\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
        cleanup_free char *xml = repeat(pieces[i], huge() / strlen(pieces[i]));
        double start = seconds();
        cleanup_facts struct facts *facts = parse(xml);

        assert_true(facts->metadata_cut && facts->ignore);
        assert_int_equal(facts->metadata_count, 0);
        assert_true(seconds() - start < 60);
    }
}

static void one_huge_text_is_left_out_or_refused(void **state)
{
    cleanup_free char *xml = repeat("0123456789abcdef", METADATA_LIMIT / 16 + 1);
    cleanup_free char *huge = repeat("0123456789abcdef", 1u << 20);
    cleanup_facts struct facts *facts = parse(xml);

    assert_true(facts->metadata_cut);
    assert_refused(huge, strlen(huge), "cannot be parsed");
}

static void a_title_beyond_the_bound_is_left_out(void **state)
{
    cleanup_free char *title = malloc(METADATA_LIMIT + 2), *xml = NULL;

    assert_non_null(title);
    memset(title, 't', METADATA_LIMIT + 1);
    title[METADATA_LIMIT + 1] = '\0';
    for (int i = 0; i < 2; i++) {
        assert_true(asprintf(&xml, DOMAIN("<title>%s</title>"), title + i) > 0);
        cleanup_facts struct facts *facts = parse(xml);

        assert_true(facts->metadata_cut == (i == 0));
        assert_true(!facts->title == (i == 0));
        free(steal_pointer(&xml));
    }
}

static void deep_metadata_is_kept_and_too_deep_is_refused(void **state)
{
    enum { DEEP = 200, TOO_DEEP = 100000 };
    cleanup_free char *xml = repeat("<a>", TOO_DEEP), *deep = repeat("<a>", 3 * DEEP);
    cleanup_facts struct facts *facts = NULL;
    char *at = strstr(deep, "<a>") + 3 * DEEP;

    for (int i = 0; i < DEEP; i++)
        at = stpcpy(at, "</a>");
    strcpy(at, "</top></metadata></domain>");
    facts = parse(deep);
    assert_int_equal(facts->metadata_count, 1);
    assert_int_equal(strlen(facts->metadata[0].path), 3 + 2 * DEEP);
    assert_refused(xml, strlen(xml), "depth");
}

static void an_entity_bomb_is_refused_quickly(void **state)
{
    static const char bomb[] =
        "<?xml version='1.0'?><!DOCTYPE domain [<!ENTITY a0 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'>"
        "<!ENTITY a1 '&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;&a0;'>"
        "<!ENTITY a2 '&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;&a1;'>"
        "<!ENTITY a3 '&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;&a2;'>"
        "<!ENTITY a4 '&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;&a3;'>"
        "<!ENTITY a5 '&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;&a4;'>"
        "<!ENTITY a6 '&a5;&a5;&a5;&a5;&a5;&a5;&a5;&a5;&a5;&a5;&a5;&a5;&a5;&a5;&a5;&a5;'>]>"
        "<domain id='&a6;'><name>&a6;</name></domain>";
    double start = seconds();

    assert_refused(bomb, strlen(bomb), "");
    assert_true(seconds() - start < 1);
}

static void a_file_of_the_host_is_never_read(void **state)
{
    static const char outside[] =
        "<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/hostname'>]>" DOMAIN(
            "<title>&x;</title>");

    assert_refused(outside, strlen(outside), "document type");
}

static void xml_that_is_no_domain_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *xml, *place;
    } cases[] = {
        {"", ""},
        {"x", "line 1"},
        {"<domain>", "line 1"},
        {"<domain>\n\n<name>x</nam></domain>", "line 3"},
        {"<network/>", "not <domain>"},
        {"<domain/>", "no <name>"},
        {"<domain><name>x</name><memory>1</memory></domain>", "no <uuid>"},
        {"<domain><name>x</name><uuid>" UUID "</uuid></domain>", "no <memory>"},
        {"<domain id='-1'/>", "<domain> id"},
        {"<domain id='2147483648'/>", "<domain> id"},
        {"<domain id='1x'/>", "<domain> id"},
        {DOMAIN("<uuid>x</uuid>"), "<uuid>"},
        {DOMAIN("<vcpu>-1</vcpu>"), "<vcpu>"},
        {DOMAIN("<vcpu/>"), "<vcpu>"},
        {DOMAIN("<vcpu current='4294967296'>1</vcpu>"), "<vcpu> current"},
        {DOMAIN("<vcpu cpuset='1-'>1</vcpu>"), "<vcpu> cpuset"},
        {DOMAIN("<memory unit='stone'>1</memory>"), "<memory> has a unit"},
        {DOMAIN("<memory unit='E'>8</memory>"), "<memory> is no size"},
        {DOMAIN("<currentMemory>99999999999999999999999</currentMemory>"), "<currentMemory>"},
        {DOMAIN("<maxMemory>1.5</maxMemory>"), "<maxMemory>"},
        {DOMAIN("<iothreads>65537</iothreads>"), "<iothreads>"},
        {DOMAIN("<iothreadids><iothread id='1'/><iothread id='1'/></iothreadids>"), "twice"},
        {DOMAIN("<cputune><vcpupin vcpu='0'/></cputune>"), "<vcpupin>"},
        {DOMAIN("<cputune><vcpupin vcpu='x' cpuset='0'/></cputune>"), "<vcpupin> vcpu"},
        {DOMAIN("<cputune><emulatorpin cpuset='65536'/></cputune>"), "<emulatorpin> cpuset"},
        {DOMAIN("<title>\xff</title>"), "line 1"},
        {DOMAIN("<title>&undefined;</title>"), "line 1"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_refused(cases[i].xml, strlen(cases[i].xml), cases[i].place);
}

/* As libvirt 9.0 keeps it of a guest that it is starting, shortened. */
#define STATUS(domain)                                                                             \
    "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE.\n-->\n"                                        \
    "<domstatus state='paused' reason='starting up' pid='4711'>\n"                                 \
    "  <monitor path='/var/lib/libvirt/qemu/domain-7-db1/monitor.sock' type='unix'/>\n"            \
    "  <vcpus><vcpu id='0' pid='0'/></vcpus>\n"                                                    \
    "  <devices><hostdev alias='another'/></devices>\n"                                            \
    "  <numad nodeset='0-1'/>\n" domain "\n</domstatus>\n"

static void a_status_file_is_read_for_the_domain_in_it(void **state)
{
    cleanup_facts struct facts *facts = parse_status(
        STATUS(DOMAIN("<vcpu>4</vcpu><cputune><vcpupin vcpu='1' cpuset='3'/></cputune>"
                      "<devices><hostdev/></devices><metadata><a b='c'/></metadata>")));

    assert_string_equal(facts->name, "db1");
    assert_string_equal(facts->uuid, UUID);
    assert_int_equal(facts->id, 7);
    assert_true(facts->running);
    assert_int_equal(facts->vcpus_maximum, 4);
    assert_set(facts->vcpu_pins[0].cpus, "3");
    assert_int_equal(facts->host_devices, 1);
    assert_metadata(facts, 0, "", "a/@b", "c");
}

static void a_guest_that_is_not_being_started_is_not_told_from_its_status_file(void **state)
{
    static const char *const roots[] = {
        "<domstatus state='running' reason='booted'>",
        "<domstatus state='running' reason='starting up'>",
        "<domstatus state='paused' reason='user'>",
        "<domstatus reason='starting up'>",
        "<domstatus>",
    };

    for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
        cleanup_free char *xml = NULL;
        cleanup_facts struct facts *facts = NULL;

        assert_true(asprintf(&xml, "%s%s</domstatus>", roots[i], DOMAIN("")) > 0);
        facts = parse_status(xml);
        assert_null(facts);
    }
}

static void what_is_no_status_file_is_refused(void **state)
{
    static const struct {
        const char *xml, *place;
    } cases[] = {
        {"", ""},
        {DOMAIN(""), "not <domstatus>"},
        {"<domstatus/>", "no <name>"},
        {"<domstatus><a>" DOMAIN("") "</a></domstatus>", "no <name>"},
        {"<domstatus><domain id='x'/></domstatus>", "<domain> id"},
        {"<!DOCTYPE domstatus [<!ENTITY x 'y'>]>" STATUS(DOMAIN("")), "document type"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        cleanup_error struct cg_error *err = NULL;
        struct facts *facts = NULL;

        assert_int_equal(
            domain_status_parse(cases[i].xml, strlen(cases[i].xml), "qemu", &facts, &err), -EINVAL);
        assert_null(facts);
        if (!strstr(cg_error_text(err), cases[i].place))
            fail_msg("%s\n%s", cases[i].xml, cg_error_text(err));
    }
}

static void control_characters_do_not_get_into_an_error(void **state)
{
    cleanup_error struct cg_error *err = NULL;
    struct facts *facts = NULL;
    const char *xml = "<domain><name>x</na\xc2\x9bm></domain>";

    assert_int_equal(domain_xml_parse(xml, strlen(xml), "qemu", &facts, &err), -EINVAL);
    assert_null(strstr(cg_error_text(err), "\xc2\x9b"));
}

/* libvirt's own words may name a guest. */
static void control_characters_do_not_get_into_a_complaint(void **state)
{
    char text[80] = "";
    int ends[2], before = dup(STDERR_FILENO);

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    complain("%s", "no domain 'a\xc2\x9b\033[31m'");
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "vmpin-guests: no domain 'a\\xc2\\x9b\\x1b[31m'\n");
    close(ends[0]);
    close(ends[1]);
    close(before);
}

static void what_libvirt_says_twice_is_not_leaked(void **state)
{
    cleanup_facts struct facts *facts = parse(DOMAIN(
        "<name>again</name><title>a</title><title>b</title><vcpu cpuset='1'>1</vcpu>"
        "<vcpu cpuset='2'>2</vcpu><cputune><vcpupin vcpu='0' cpuset='0'/></cputune>"
        "<cputune><vcpupin vcpu='1' cpuset='0'/><emulatorpin cpuset='1'/></cputune>"
        "<cputune><emulatorpin cpuset='2'/></cputune><iothreadids><iothread id='3'/></iothreadids>"
        "<iothreadids/><metadata><a/></metadata><metadata><b/></metadata>"));

    assert_string_equal(facts->name, "again");
    assert_set(facts->cpuset, "2");
    assert_int_equal(facts->iothread_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_running_guest_is_read_whole),
        cmocka_unit_test(what_the_xml_leaves_out_has_libvirts_default),
        cmocka_unit_test(iothreads_without_ids_are_counted_from_one),
        cmocka_unit_test(units_are_libvirts),
        cmocka_unit_test(sizes_are_bytes_below_two_to_the_63),
        cmocka_unit_test(names_are_kept_as_they_are),
        cmocka_unit_test(hugepages_for_some_memory_nodes_are_not_enough),
        cmocka_unit_test(metadata_is_flattened),
        cmocka_unit_test(metadata_of_several_namespaces_and_of_none_stands_apart),
        cmocka_unit_test(empty_metadata_is_none),
        cmocka_unit_test(vmpins_ignore_element_is_seen_wherever_it_stands),
        cmocka_unit_test(metadata_up_to_the_bound_is_kept_and_beyond_it_all_is_left_out),
        cmocka_unit_test(fifty_megabytes_of_metadata_take_bounded_memory_and_time),
        cmocka_unit_test(one_huge_text_is_left_out_or_refused),
        cmocka_unit_test(a_title_beyond_the_bound_is_left_out),
        cmocka_unit_test(deep_metadata_is_kept_and_too_deep_is_refused),
        cmocka_unit_test(an_entity_bomb_is_refused_quickly),
        cmocka_unit_test(a_file_of_the_host_is_never_read),
        cmocka_unit_test(xml_that_is_no_domain_is_refused_with_its_place),
        cmocka_unit_test(a_status_file_is_read_for_the_domain_in_it),
        cmocka_unit_test(a_guest_that_is_not_being_started_is_not_told_from_its_status_file),
        cmocka_unit_test(what_is_no_status_file_is_refused),
        cmocka_unit_test(control_characters_do_not_get_into_an_error),
        cmocka_unit_test(control_characters_do_not_get_into_a_complaint),
        cmocka_unit_test(what_libvirt_says_twice_is_not_leaked),
    };

    return cmocka_run_group_tests_name("domain_xml", tests, NULL, NULL);
}
