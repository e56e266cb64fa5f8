/* The helper without memory, at each of its own allocations, libxml2's and jansson's in turn: it
 * says so, and neither leaves out a guest nor tells half of one. libvirt's own it does not outlive.
 * The guests are those of libvirt's test driver, in this process. */
#include "test.h"

#include "unit/memory.h"

#include "base/buffer.h"
#include "helper/domain_calls.h"
#include "helper/domain_xml.h"
#include "helper/guests.h"
#include "helper/loop.h"
#include "helper/output.h"

#include <libxml/xmlerror.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char domain[] =
    "<domain type='qemu' id='12'>\n"
    "  <name>db1</name>\n"
    "  <uuid>3d9c9e5e-6b0d-4c3e-9a56-0d8f1c2b7a44</uuid>\n"
    "  <title>The one &amp; only</title>\n"
    "  <metadata>\n"
    "    <i:machine xmlns:i=\"https://example.org/1.0\" owner=\"shop\"><i:role>x</i:role>\n"
    "    </i:machine>\n"
    "    <v:ignore xmlns:v='https://vmpin.org/xmlns/domain/1.0'/>\n"
    "  </metadata>\n"
    "  <maxMemory slots='16' unit='KiB'>1048576</maxMemory>\n"
    "  <memory unit='MiB'>512</memory>\n"
    "  <currentMemory unit='KiB'>262144</currentMemory>\n"
    "  <memoryBacking><hugepages><page size='2' nodeset='1'/></hugepages></memoryBacking>\n"
    "  <vcpu cpuset='0-1' current='2'>4</vcpu>\n"
    "  <iothreads>3</iothreads>\n"
    "  <iothreadids><iothread id='4'/><iothread id='2'/></iothreadids>\n"
    "  <cputune>\n"
    "    <shares>2048</shares><vcpupin vcpu='1' cpuset='1'/><emulatorpin cpuset='0-1'/>\n"
    "    <iothreadpin iothread='2' cpuset='1'/>\n"
    "  </cputune>\n"
    "  <numatune><memory mode='strict' nodeset='0'/></numatune>\n"
    "  <resource><partition>/machine/prod</partition></resource>\n"
    "  <devices><disk type='nvme'/><interface type='hostdev'/><hostdev/></devices>\n"
    "</domain>\n";

static void a_domain_is_read_whole_or_memory_was_lacking(void **state)
{
    cleanup_facts struct facts *whole = NULL;
    bool failed = true;
    long at = 0;

    assert_int_equal(domain_xml_parse(domain, strlen(domain), "qemu", &whole, NULL), 0);
    for (; failed; at++) {
        cleanup_error struct cg_error *err = NULL;
        cleanup_facts struct facts *facts = NULL;
        int r;

        memory_fail(at, false);
        r = domain_xml_parse(domain, strlen(domain), "qemu", &facts, &err);
        failed = memory_failed();
        if (r != -ENOMEM && (r != 0 || !facts_equal(facts, whole)))
            fail_msg("allocation %ld failed and the answer is %d: %s", at, r, cg_error_text(err));
    }
    assert_true(at > 100);
}

/* ---- libvirt, which uses libxml2 as well, has all the memory that it wants ----------------------
 */

char *__real_virDomainGetXMLDesc(virDomainPtr asked, unsigned flags);
char *__wrap_virDomainGetXMLDesc(virDomainPtr asked, unsigned flags);
char *__real_virDomainGetMetadata(virDomainPtr asked, int type, const char *uri, unsigned flags);
char *__wrap_virDomainGetMetadata(virDomainPtr asked, int type, const char *uri, unsigned flags);

char *__wrap_virDomainGetXMLDesc(virDomainPtr asked, unsigned flags)
{
    char *answer;

    memory_spare(true);
    answer = __real_virDomainGetXMLDesc(asked, flags);
    memory_spare(false);
    return answer;
}

char *__wrap_virDomainGetMetadata(virDomainPtr asked, int type, const char *uri, unsigned flags)
{
    char *answer;

    memory_spare(true);
    answer = __real_virDomainGetMetadata(asked, type, uri, flags);
    memory_spare(false);
    return answer;
}

/* ---- all guests of a libvirt ------------------------------------------------------------------
 */

#define GUESTS 5

/* The driver's own is one guest. */
static int connect_to_guests(void **state)
{
    virConnectPtr libvirt = *state = virConnectOpen("test:///default");

    assert_non_null(libvirt);
    for (int i = 1; i < GUESTS; i++) {
        cleanup_free char *xml = NULL;
        virDomainPtr made;

        assert_true(asprintf(&xml,
                             "<domain type='test'><name>more%d</name><title>t</title><metadata>"
                             "<v:ignore xmlns:v='https://vmpin.org/xmlns/domain/1.0'/></metadata>"
                             "<memory>65536</memory><vcpu cpuset='0'>2</vcpu>"
                             "<os><type>hvm</type></os></domain>",
                             i) > 0);
        made = virDomainDefineXML(libvirt, xml);
        assert_non_null(made);
        virDomainFree(made);
    }
    return 0;
}

static int disconnect(void **state)
{
    return virConnectClose(*state) < 0 ? -1 : 0;
}

/* *ret_said is what goes to standard output meanwhile; free(). */
static int tell_all(struct guests *guests, struct connection *connection, long at, bool *ret_failed,
                    char **ret_said)
{
    int said = memfd_create("said", MFD_CLOEXEC), kept = dup(STDOUT_FILENO), r;
    struct buffer text = {0};

    assert_true(said >= 0 && kept >= 0);
    fflush(stdout);
    dup2(said, STDOUT_FILENO);
    memory_fail(at, false);
    r = guests_tell_all(guests, connection, NULL);
    *ret_failed = memory_failed();
    dup2(kept, STDOUT_FILENO);
    close(kept);
    lseek(said, 0, SEEK_SET);
    assert_int_equal(buffer_read(&text, said, 1 << 20), 0);
    close(said);
    *ret_said = text.data;
    return r;
}

static void every_guest_is_told_or_memory_was_lacking(void **state)
{
    struct connection connection = {.libvirt = *state, .watch = -1, .driver = (char[]){"test"}};
    cleanup_free char *whole = NULL;
    bool failed;
    long at = 0;

    for (struct guests guests = {0}; !whole; guests_release(&guests))
        assert_int_equal(tell_all(&guests, &connection, -1, &failed, &whole), 0);
    for (failed = true; failed; at++) {
        cleanup_with(guests_release) struct guests guests = {0};
        cleanup_free char *said = NULL;
        int r = tell_all(&guests, &connection, at, &failed, &said);

        if (r != -ENOMEM && (r != 0 || strcmp(said, whole) != 0))
            fail_msg("allocation %ld failed, the answer is %d and what was told\n%s", at, r, said);
    }
    assert_true(at > 50 * GUESTS);
}

/* As where there is more of it than libvirt's protocol carries. */
static void a_domain_that_is_asked_for_is_told_whole_or_memory_was_lacking(void **state)
{
    struct connection connection = {.libvirt = *state, .watch = -1, .driver = (char[]){"test"}};
    cleanup_facts struct facts *whole = NULL;
    bool failed = true;
    virDomainPtr asked;
    long at = 0;

    asked = virDomainLookupByName(connection.libvirt, "more1");
    assert_non_null(asked);
    assert_int_equal(domain_calls_read(&connection, asked, &whole), 0);
    assert_true(whole->ignore);
    for (; failed; at++) {
        cleanup_facts struct facts *facts = NULL;
        int r;

        memory_fail(at, false);
        r = domain_calls_read(&connection, asked, &facts);
        failed = memory_failed();
        if (r != -ENOMEM && (r != 0 || !facts_equal(facts, whole)))
            fail_msg("allocation %ld failed and the answer is %d", at, r);
    }
    assert_true(at > 20);
    virDomainFree(asked);
}

static void silent(void *data, const char *format, ...)
{
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_domain_is_read_whole_or_memory_was_lacking),
        cmocka_unit_test(every_guest_is_told_or_memory_was_lacking),
        cmocka_unit_test(a_domain_that_is_asked_for_is_told_whole_or_memory_was_lacking),
    };

    xmlSetGenericErrorFunc(NULL, silent); /* of each allocation that fails */
    loop_install();
    return cmocka_run_group_tests(tests, connect_to_guests, disconnect);
}
