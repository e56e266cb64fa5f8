#include "folder.h"

#include "test.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Those that stand. cmocka leaves a test that fails where it fails, and does not come back to it.
 */
static char *standing[64];
static pid_t maker; /* not its children, which end before it */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    return remove(path);
}

static void remove_standing(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(standing) && getpid() == maker; i++)
        folder_remove(standing[i]);
}

static char **place_of(const char *path)
{
    size_t i = 0;

    while (i < ARRAY_SIZE(standing) && standing[i] != path)
        i++;
    assert_true(i < ARRAY_SIZE(standing));
    return &standing[i];
}

char *folder_new(void)
{
    const char *tmp = getenv("TMPDIR");
    char *path = NULL;

    if (maker == 0)
        assert_int_equal(atexit(remove_standing), 0);
    maker = getpid();
    assert_true(asprintf(&path, "%s/vmpin-test-XXXXXX", tmp ? tmp : "/tmp") > 0);
    assert_non_null(mkdtemp(path));
    *place_of(NULL) = path;
    return path;
}

void folder_remove(char *path)
{
    if (!path)
        return;
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    *place_of(path) = NULL;
    free(path);
}

void folder_make(const char *folder, const char *name)
{
    cleanup_free char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
    }
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
}

void folder_write(const char *folder, const char *name, const char *text)
{
    cleanup_free char *path = NULL, *parent = strdup(name);
    char *slash = strrchr(parent, '/');
    FILE *file;

    if (slash) {
        *slash = '\0';
        folder_make(folder, parent);
    }
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

char *folder_read(const char *folder, const char *name)
{
    cleanup_free char *path = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *file;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    file = fopen(path, "r");
    if (!file)
        return NULL;
    if (getdelim(&text, &size, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(file);
    return text;
}

static void unpack(const char *folder, FILE *host)
{
    cleanup_free char *line = NULL;
    FILE *file = NULL;
    size_t size = 0;
    ssize_t length;

    while ((length = getline(&line, &size, host)) > 0) {
        cleanup_free char *path = NULL;

        if (line[0] != '@') {
            assert_non_null(file);
            assert_true(fputs(line, file) >= 0);
            continue;
        }
        if (file)
            assert_int_equal(fclose(file), 0);
        file = NULL;
        line[length - 1] = '\0';
        if (line[length - 2] == '/') {
            folder_make(folder, line + 1);
            continue;
        }
        folder_write(folder, line + 1, "");
        assert_true(asprintf(&path, "%s/%s", folder, line + 1) > 0);
        file = fopen(path, "w");
        assert_non_null(file);
    }
    if (file)
        assert_int_equal(fclose(file), 0);
}

void folder_unpack(const char *folder, const char *kind, const char *name)
{
    const char *source = getenv("top_srcdir");
    cleanup_free char *path = NULL;
    FILE *host;

    assert_true(asprintf(&path, "%s/tests/fixtures/%s/%s.host", source ? source : ".", kind, name) >
                0);
    host = fopen(path, "r");
    assert_non_null(host);
    unpack(folder, host);
    assert_int_equal(fclose(host), 0);
}

void folder_unpack_host(const char *folder, const char *name)
{
    folder_unpack(folder, "hosts", name);
}

pid_t folder_start_changing(const char *folder)
{
    pid_t child = fork();

    assert_true(child >= 0);
    if (child > 0)
        return child;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || chdir(folder) < 0)
        _exit(1);
    for (unsigned i = 0;; i++) {
        char outer[32], deep[64];

        snprintf(outer, sizeof(outer), "comes-and-goes-%u", i % 3);
        snprintf(deep, sizeof(deep), "%s/deep", outer);
        mkdir(outer, 0755);
        mkdir(deep, 0755);
        rmdir(deep);
        rmdir(outer);
    }
}

void folder_stop_changing(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}
