#include "guest/facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define UUID "6c7e1f0a-93ab-4c51-8f1d-0c5c1c9f7a11"

static struct cg_set *set_of(const char *list)
{
    struct cg_set *set = NULL;

    assert_int_equal(cg_set_parse(list, &set, NULL), 0);
    return set;
}

static struct facts *guest(void)
{
    struct facts *facts = calloc(1, sizeof(*facts));

    assert_non_null(facts);
    strcpy(facts->uuid, UUID);
    facts->name = strdup("db1");
    facts->driver = strdup("qemu");
    facts->id = 2;
    facts->running = true;
    facts->vcpus_maximum = facts->vcpus_current = 4;
    facts->memory_maximum = facts->memory_current = 64 << 20;
    return facts;
}

static void give_pins(struct facts *facts)
{
    facts->vcpu_pins = calloc(2, sizeof(*facts->vcpu_pins));
    assert_non_null(facts->vcpu_pins);
    facts->vcpu_pin_count = 2;
    facts->vcpu_pins[0] = (struct facts_pin){.index = 3, .cpus = set_of("7")};
    facts->vcpu_pins[1] = (struct facts_pin){.index = 1, .cpus = set_of("5")};
    facts->iothread_pins = calloc(1, sizeof(*facts->iothread_pins));
    assert_non_null(facts->iothread_pins);
    facts->iothread_pin_count = 1;
    facts->iothread_pins[0] = (struct facts_pin){.index = 1, .cpus = set_of("6")};
}

static void assert_pin(const struct facts *facts, enum cg_role_kind kind, unsigned index,
                       const char *list)
{
    const struct cg_set *pin = facts_pin(facts, (struct cg_role){kind, index});
    cleanup_free char *text = NULL;

    if (!list) {
        assert_null(pin);
        return;
    }
    assert_non_null(pin);
    assert_int_equal(cg_set_format(pin, &text), 0);
    assert_string_equal(text, list);
}

static void a_uuid_becomes_lower_case_and_anything_else_is_refused(void **state)
{
    char uuid[UUID_SIZE] = "untouched";

    assert_int_equal(uuid_parse("6C7E1F0A-93AB-4C51-8F1D-0C5C1C9F7A11", uuid), 0);
    assert_string_equal(uuid, UUID);
    strcpy(uuid, "untouched");
    assert_int_equal(uuid_parse("", uuid), -EINVAL);
    assert_int_equal(uuid_parse("6c7e1f0a93ab4c518f1d0c5c1c9f7a11", uuid), -EINVAL);
    assert_int_equal(uuid_parse(UUID "0", uuid), -EINVAL);
    assert_int_equal(uuid_parse("6c7e1f0a-93ab-4c51-8f1d-0c5c1c9f7a1g", uuid), -EINVAL);
    assert_int_equal(uuid_parse("6c7e1f0a-93ab-4c51-8f1d00c5c1c9f7a11", uuid), -EINVAL);
    assert_string_equal(uuid, "untouched");
}

static void a_pin_of_its_own_comes_before_the_default(void **state)
{
    cleanup_facts struct facts *facts = guest();

    give_pins(facts);
    assert_int_equal(facts_sort(facts), 0);
    facts->cpuset = set_of("0-3");
    facts->emulator_pin = set_of("4");
    assert_pin(facts, CG_ROLE_VCPU, 3, "7");
    assert_pin(facts, CG_ROLE_VCPU, 1, "5");
    assert_pin(facts, CG_ROLE_VCPU, 0, "0-3");
    assert_pin(facts, CG_ROLE_IOTHREAD, 1, "6");
    assert_pin(facts, CG_ROLE_IOTHREAD, 3, "0-3");
    assert_pin(facts, CG_ROLE_EMULATOR, 0, "4");
}

static void without_a_default_a_role_without_a_pin_has_none(void **state)
{
    cleanup_facts struct facts *facts = guest();

    give_pins(facts);
    assert_int_equal(facts_sort(facts), 0);
    assert_pin(facts, CG_ROLE_VCPU, 2, NULL);
    assert_pin(facts, CG_ROLE_EMULATOR, 0, NULL);
}

static void the_vm_node_has_no_pin_even_with_a_default(void **state)
{
    cleanup_facts struct facts *facts = guest();

    facts->cpuset = set_of("0-3");
    assert_pin(facts, CG_ROLE_VM, 0, NULL);
    assert_pin(facts, CG_ROLE_NONE, 0, NULL);
}

static void sorting_refuses_what_is_there_twice(void **state)
{
    cleanup_facts struct facts *facts = guest();
    unsigned *iothreads = calloc(3, sizeof(*iothreads));

    give_pins(facts);
    assert_int_equal(facts_sort(facts), 0);
    assert_int_equal(facts->vcpu_pins[0].index, 1);
    facts->vcpu_pins[0].index = 3;
    assert_int_equal(facts_sort(facts), -EEXIST);
    facts->vcpu_pins[0].index = 0;
    assert_non_null(iothreads);
    facts->iothreads = iothreads;
    facts->iothread_count = 3;
    iothreads[0] = 5;
    iothreads[1] = 1;
    iothreads[2] = 3;
    assert_int_equal(facts_sort(facts), 0);
    assert_int_equal(iothreads[0], 1);
    assert_int_equal(iothreads[2], 5);
    iothreads[1] = 5;
    assert_int_equal(facts_sort(facts), -EEXIST);
}

static void metadata_is_copied_and_shares_its_namespaces(void **state)
{
    char uri[] = "urn:a", path[] = "role", value[] = "db";
    const struct facts_metadata entries[] = {
        {uri, path, value}, {"urn:a", "role/@x", ""}, {"urn:b", "owner", "me"}};
    cleanup_facts struct facts *facts = guest();

    assert_int_equal(facts_set_metadata(facts, entries, 3), 0);
    memset(uri, 'x', sizeof(uri) - 1);
    memset(value, 'x', sizeof(value) - 1);
    assert_int_equal(facts->metadata_count, 3);
    assert_string_equal(facts->metadata[0].namespace_uri, "urn:a");
    assert_string_equal(facts->metadata[0].value, "db");
    assert_ptr_equal(facts->metadata[1].namespace_uri, facts->metadata[0].namespace_uri);
    assert_string_equal(facts->metadata[1].path, "role/@x");
    assert_string_equal(facts->metadata[2].namespace_uri, "urn:b");
    assert_string_equal(facts->metadata[2].value, "me");
    assert_int_equal(facts_set_metadata(facts, NULL, 0), 0);
    assert_int_equal(facts->metadata_count, 0);
    assert_null(facts->metadata);
}

/* Each change makes equal facts unequal. */
static void change_name(struct facts *facts)
{
    facts->name[0] = 'x';
}
static void change_title(struct facts *facts)
{
    facts->title = strdup("");
}
static void change_driver(struct facts *facts)
{
    facts->driver[0] = 'x';
}
static void change_uuid(struct facts *facts)
{
    facts->uuid[0] = '0';
}
static void change_id(struct facts *facts)
{
    facts->id++;
}
static void change_flags(struct facts *facts)
{
    facts->running = false;
}
static void change_persistent(struct facts *facts)
{
    facts->persistent = true;
}
static void change_ignore(struct facts *facts)
{
    facts->ignore = true;
}
static void change_vcpus_maximum(struct facts *facts)
{
    facts->vcpus_maximum++;
}
static void change_vcpus_current(struct facts *facts)
{
    facts->vcpus_current--;
}
static void change_memory_maximum(struct facts *facts)
{
    facts->memory_maximum += (uint64_t)1 << 40;
}
static void change_memory_current(struct facts *facts)
{
    facts->memory_current += (uint64_t)1 << 40;
}
static void change_hugepages(struct facts *facts)
{
    facts->hugepages = true;
}
static void change_locked(struct facts *facts)
{
    facts->locked_memory = true;
}
static void change_devices(struct facts *facts)
{
    facts->host_devices++;
}
static void change_shares(struct facts *facts)
{
    facts->cpu_shares = 2048;
}
static void change_numatune(struct facts *facts)
{
    facts->numatune_mode = strdup("strict");
}
static void change_partition(struct facts *facts)
{
    facts->partition = strdup("/machine");
}
static void change_iothreads(struct facts *facts)
{
    facts->iothreads = calloc(1, sizeof(unsigned));
    facts->iothread_count = 1;
}
static void change_cut(struct facts *facts)
{
    facts->metadata_cut = true;
}
static void change_metadata(struct facts *facts)
{
    assert_int_equal(facts_set_metadata(facts, &(struct facts_metadata){"", "a", "2"}, 1), 0);
}
static void change_cpuset(struct facts *facts)
{
    facts->cpuset = set_of("1");
}
static void change_emulator_pin(struct facts *facts)
{
    facts->emulator_pin = set_of("1");
}
static void change_vcpu_pin(struct facts *facts)
{
    cg_set_unref(facts->vcpu_pins[1].cpus);
    facts->vcpu_pins[1].cpus = set_of("0-9");
}
static void change_iothread_pin(struct facts *facts)
{
    facts->iothread_pins[0].index++;
}

static struct facts *rich_guest(void)
{
    struct facts *facts = guest();

    give_pins(facts);
    assert_int_equal(facts_sort(facts), 0);
    assert_int_equal(facts_set_metadata(facts, &(struct facts_metadata){"", "a", "1"}, 1), 0);
    return facts;
}

static void facts_are_equal_only_when_every_member_is(void **state)
{
    static void (*const changes[])(struct facts *) = {change_name,
                                                      change_title,
                                                      change_driver,
                                                      change_uuid,
                                                      change_id,
                                                      change_flags,
                                                      change_persistent,
                                                      change_ignore,
                                                      change_vcpus_maximum,
                                                      change_vcpus_current,
                                                      change_hugepages,
                                                      change_locked,
                                                      change_memory_maximum,
                                                      change_memory_current,
                                                      change_devices,
                                                      change_shares,
                                                      change_numatune,
                                                      change_partition,
                                                      change_iothreads,
                                                      change_cut,
                                                      change_metadata,
                                                      change_cpuset,
                                                      change_emulator_pin,
                                                      change_vcpu_pin,
                                                      change_iothread_pin};
    cleanup_facts struct facts *one = rich_guest();

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        cleanup_facts struct facts *other = rich_guest();

        assert_true(facts_equal(one, other));
        changes[i](other);
        if (facts_equal(one, other) || facts_equal(other, one))
            fail_msg("change %zu goes unseen", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uuid_becomes_lower_case_and_anything_else_is_refused),
        cmocka_unit_test(a_pin_of_its_own_comes_before_the_default),
        cmocka_unit_test(without_a_default_a_role_without_a_pin_has_none),
        cmocka_unit_test(the_vm_node_has_no_pin_even_with_a_default),
        cmocka_unit_test(sorting_refuses_what_is_there_twice),
        cmocka_unit_test(metadata_is_copied_and_shares_its_namespaces),
        cmocka_unit_test(facts_are_equal_only_when_every_member_is),
    };

    return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
