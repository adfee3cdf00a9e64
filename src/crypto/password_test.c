#include "crypto/password.h"

#include "base/test.h"

START_TEST(a_password_matches_its_own_hash_only)
{
    struct err e = {0};
    char one[PASSWORD_HASH_SIZE], two[PASSWORD_HASH_SIZE];
    ck_assert_msg(password_hash(&env_system, STR("correct horse battery"), one, &e), "%s", e.text);
    ck_assert_msg(password_hash(&env_system, STR("correct horse battery"), two, &e), "%s", e.text);
    ck_assert_msg(strncmp(one, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0, "%s", one);
    ck_assert_str_ne(one, two);
    ck_assert(password_matches(str_of(one), STR("correct horse battery")));
    ck_assert(!password_matches(str_of(one), STR("correct horse batterz")));
    ck_assert(!password_matches(str_of(one), STR("")));
}
END_TEST

START_TEST(nobodys_hash_and_broken_ones_never_match)
{
    static const char *const hashes[] = {"", "x", "$argon2id$v=19$m=19456,t=2,p=1$", "$argon2id$v=19$m=99999999,t=2,p=1$AAAA$AAAA"};
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        ck_assert(!password_matches(str_of(hashes[i]), STR("")));
        ck_assert(!password_matches(str_of(hashes[i]), STR("anything")));
    }
}
END_TEST

TEST_MAIN("password", a_password_matches_its_own_hash_only, nobodys_hash_and_broken_ones_never_match)
