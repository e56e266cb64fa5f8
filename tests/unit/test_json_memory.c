/* jansson without memory: what it still makes in its reserve is not believed, and where the reserve
 * is not enough the program ends, before jansson writes behind its own buffer. */
#include "test.h"

#include "unit/memory.h"

#include "base/cleanup.h"
#include "guest/json_memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIB 1024

static json_t *text_of(size_t length)
{
    cleanup_free char *text = malloc(length + 1);
    json_t *json;

    assert_non_null(text);
    memset(text, 'x', length);
    text[length] = '\0';
    json = json_string(text);
    assert_non_null(json);
    return json;
}

static char *format_without_memory(const json_t *json)
{
    char *text;

    memory_fail(0, true);
    text = json_memory_text(json, JSON_ENCODE_ANY);
    memory_failed();
    return text;
}

/* As often as one likes: what was lent of the reserve is given back. */
static void a_text_that_memory_lacked_for_is_none(void **state)
{
    json_t *json = text_of(4 * KIB);

    for (unsigned i = 0; i < 100; i++) {
        cleanup_free char *text = NULL;

        json_memory_watch();
        assert_null(format_without_memory(json));
        assert_true(json_memory_lacked());
        json_memory_watch();
        assert_false(json_memory_lacked());
        text = json_memory_text(json, JSON_ENCODE_ANY);
        assert_non_null(text);
        assert_false(json_memory_lacked());
    }
    json_decref(json);
}

/* In a child, whose standard error is `out`. */
static void end_for_want_of_memory(const json_t *json, int out)
{
    const struct rlimit none = {0};

    setrlimit(RLIMIT_CORE, &none);
    dup2(out, STDERR_FILENO);
    free(format_without_memory(json));
    _exit(EXIT_SUCCESS);
}

static void what_the_reserve_cannot_hold_ends_the_program(void **state)
{
    json_t *json = text_of(600 * KIB);
    char told[64] = "";
    int ends[2], status;
    pid_t pid;

    json_memory_watch();
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        end_for_want_of_memory(json, ends[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_true(read(ends[0], told, sizeof(told) - 1) > 0);
    assert_string_equal(told, "vmpin: out of memory\n");
    close(ends[0]);
    close(ends[1]);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_memory_lacked_for_is_none),
        cmocka_unit_test(what_the_reserve_cannot_hold_ends_the_program),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
