#include "base/test.h"
#include "ledger/leaf_rules.h"

#include "base/limits.h"

#define H32   "00112233445566778899aabbccddeeff"
#define H64   H32 H32
#define WHO   "\"s:" H32 "\""
#define BLOB  "{\"c\":\"" H64 "\",\"m\":\"application/json\",\"x\":\"" H64 "\",\"z\":\"<=4k\"}"
#define CHANGE "\"act\":\"move\",\"b\":[" BLOB "],\"by\":\"approve\",\"f\":[],\"id\":\"X-1\",\"k\":\"record.change\",\"to\":\"open\",\"tv\":\"0123456789abcdef\",\"ver\":2"
#define VKEY  "\"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\""
#define RUN                                                                                                                      \
    "{\"run\":{\"col\":" VKEY ",\"exit\":0,\"obs\":[1,2],\"prev\":\"\",\"seq\":0,\"states\":{\"a\":\"none\"},\"sub\":" WHO            \
    ",\"tables\":{\"a\":\"" H64 "\"},\"ver\":\"1\"}}"

/* The smallest leaf of each type. A member named here can't be left out. */
static const struct {
    const char *type, *json;
} smallest[] = {
    {"run", RUN},
    {"item", "{\"b\":[" BLOB "],\"obs\":[1,2],\"rows\":0,\"state\":\"none\",\"sub\":" WHO ",\"tbl\":\"users\",\"ver\":1}"},
    {"upload", "{\"b\":[" BLOB "]}"},
    {"decision", "{\"a\":" WHO ",\"act\":\"approve\",\"of\":3}"},
    {"policy", "{\"b\":[" BLOB "],\"id\":\"access\",\"ver\":1}"},
    {"catalog", "{\"b\":[" BLOB "],\"digest\":\"" H64 "\"}"},
    {"eval", "{\"at\":1,\"cat\":2,\"cnt\":{\"fail\":0,\"pass\":1,\"skip\":0,\"unknown\":0},\"par\":-1,\"run\":3}"},
    {"scope", "{\"scope\":{\"act\":\"in\",\"id\":\"web-1\",\"kind\":\"host\"}}"},
    {"alert", "{\"kind\":\"new-host\"}"},
    {"logblock", "{\"b\":[" BLOB "],\"cnt\":9,\"obs\":[1,2],\"root\":\"" H64 "\"}"},
    {"key", "{\"key\":{\"act\":\"add\",\"role\":\"officer\",\"vkey\":" VKEY "}}"},
    {"key", "{\"key\":{\"act\":\"quorum\",\"need\":2,\"role\":\"root\"}}"},
    {"erase", "{\"also\":[1,2],\"basis\":\"gdpr-17\",\"c\":\"" H64 "\",\"hor\":30,\"lh\":\"" H64 "\",\"req\":5,\"tgt\":0,\"x\":\"" H64 "\"}"},
    {"erased", "{\"of\":4,\"x\":\"" H64 "\"}"},
    {"reencrypt", "{\"c\":\"" H64 "\",\"from\":\"" H64 "\",\"of\":4,\"x\":\"" H64 "\"}"},
    {"gap", "{\"act\":\"notice\",\"from\":1,\"kind\":\"seal\",\"t\":2,\"to\":2,\"why\":\"off\"}"},
    {"gap", "{\"act\":\"explain\",\"of\":4,\"reason\":\"moved house\"}"},
    {"seal", "{\"a\":0,\"b\":11,\"blobs\":0,\"boot_id\":\"" H32 "\",\"bytes\":0,\"mono\":1}"},
    {"anchor", "{\"at\":1,\"by\":\"tsa\",\"cp\":\"4:" H64 "\",\"d\":\"" H64 "\",\"kind\":\"tst\"}"},
    {"draw", "{\"draw\":{\"n\":25,\"pop\":\"" H64 "\",\"seed\":\"" H64 "\"}}"},
    {"opinion", "{\"opinion\":{\"cp\":\"4:" H64 "\",\"per\":[1,2],\"words\":\"operated\"}}"},
    {"close", "{\"per\":[1,2],\"state\":\"" H64 "\"}"},
    {"record", "{\"type\":\"parameter\"}"},
};
enum { SMALLEST = sizeof(smallest) / sizeof(smallest[0]) };

static struct arena *a;
static char fault[LEAF_FAULT_SIZE];

static bool holds_json(const char *type, const struct json *json)
{
    struct leaf leaf = {.type = str_of(type), .json = json};
    return leaf_rule_holds(&leaf, 10, fault);
}

static struct json *parse(const char *json)
{
    struct err e = {0};
    struct json *parsed = json_parse(a, str_of(json), JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(parsed != NULL, "%s: %s", json, e.text);
    return parsed;
}

static bool holds(const char *type, const char *json)
{
    return holds_json(type, parse(json));
}

/* `o` without member `skip`. */
static struct json *without(const struct json *o, size_t skip)
{
    struct json *copy = json_object(a);
    size_t i = 0;
    JSON_EACH (member, o) {
        if (i++ == skip)
            continue;
        struct json *value = ARENA_NEW(a, struct json);
        *value = *member;
        value->next = NULL;
        json_put(copy, arena_strndup(a, member->key.data, member->key.size), value);
    }
    return copy;
}

START_TEST(the_smallest_leaf_of_each_type_holds_and_every_member_of_it_is_needed)
{
    a = arena_new("rules", 64 << 20);
    size_t types = 0;
    while (leaf_type_name(types)) {
        bool is_tested = false;
        for (size_t i = 0; i < SMALLEST; i++)
            is_tested = is_tested || strcmp(smallest[i].type, leaf_type_name(types)) == 0;
        ck_assert_msg(is_tested, "%s", leaf_type_name(types));
        types++;
    }
    ck_assert_uint_eq(types, 21);
    for (size_t i = 0; i < SMALLEST; i++) {
        struct json *leaf = parse(smallest[i].json);
        ck_assert_msg(holds_json(smallest[i].type, leaf), "%s: %s", smallest[i].type, fault);
        for (size_t m = 0; m < leaf->count; m++)
            ck_assert_msg(!holds_json(smallest[i].type, without(leaf, m)) && fault[0], "%s without member %zu", smallest[i].type, m);
        const struct json *statement = leaf->count == 1 && leaf->first->type == JSON_OBJECT ? leaf->first : NULL;
        const char *name = statement ? arena_strndup(a, statement->key.data, statement->key.size) : NULL;
        for (size_t m = 0; name && m < statement->count; m++) {
            struct json *outer = json_object(a);
            json_put(outer, name, without(statement, m));
            bool is_optional = strcmp(name, "run") == 0 && m == 5; /* states */
            ck_assert_msg(holds_json(smallest[i].type, outer) == is_optional, "%s without statement member %zu", smallest[i].type, m);
        }
    }
    a = arena_free(a);
}
END_TEST

START_TEST(a_member_of_another_kind_or_out_of_range_breaks_the_rule)
{
    static const struct {
        const char *type, *json;
    } bad[] = {
        {"eval", "{\"at\":1,\"cat\":2,\"cnt\":{\"fail\":0,\"pass\":1,\"skip\":0,\"unknown\":0},\"par\":-2,\"run\":3}"},
        {"eval", "{\"at\":1,\"cat\":2,\"cnt\":{\"fail\":0,\"pass\":1,\"skip\":0,\"unknown\":0},\"par\":-1,\"run\":10}"},
        {"eval", "{\"at\":-1,\"cat\":2,\"cnt\":{\"fail\":0,\"pass\":1,\"skip\":0,\"unknown\":0},\"par\":-1,\"run\":3}"},
        {"eval", "{\"at\":1,\"cat\":2,\"cnt\":{\"fail\":-1,\"pass\":1,\"skip\":0,\"unknown\":0},\"par\":-1,\"run\":3}"},
        {"eval", "{\"at\":1,\"cat\":2,\"cnt\":[],\"par\":-1,\"run\":3}"},
        {"catalog", "{\"b\":[" BLOB "," BLOB "],\"digest\":\"" H64 "\"}"},
        {"catalog", "{\"b\":[],\"digest\":\"" H64 "\"}"},
        {"catalog", "{\"b\":[" BLOB "],\"digest\":\"" H32 "\"}"},
        {"catalog", "{\"b\":[{\"c\":\"" H64 "\",\"m\":\"a\",\"x\":\"" H64 "\",\"z\":\"4k\"}],\"digest\":\"" H64 "\"}"},
        {"item", "{\"b\":[" BLOB "],\"obs\":[2,1],\"rows\":0,\"state\":\"none\",\"sub\":" WHO ",\"tbl\":\"users\",\"ver\":1}"},
        {"item", "{\"b\":[" BLOB "],\"obs\":[1,2,3],\"rows\":0,\"state\":\"none\",\"sub\":" WHO ",\"tbl\":\"users\",\"ver\":1}"},
        {"item", "{\"b\":[" BLOB "],\"obs\":[1,2],\"rows\":0,\"state\":\"some\",\"sub\":" WHO ",\"tbl\":\"users\",\"ver\":1}"},
        {"item", "{\"b\":[" BLOB "],\"obs\":[1,2],\"rows\":0,\"state\":\"none\",\"sub\":\"ann\",\"tbl\":\"users\",\"ver\":1}"},
        {"item", "{\"b\":[" BLOB "],\"obs\":[1,2],\"rows\":0,\"state\":\"none\",\"sub\":" WHO ",\"tbl\":\"a b\",\"ver\":1}"},
        {"erase", "{\"also\":[11],\"basis\":\"x\",\"c\":\"" H64 "\",\"hor\":30,\"lh\":\"" H64 "\",\"req\":5,\"tgt\":0,\"x\":\"" H64 "\"}"},
        {"erased", "{\"of\":10,\"x\":\"" H64 "\"}"},
        {"upload", "{\"b\":[" BLOB "],\"k\":\"record.change\"}"},
        {"policy", "{\"b\":[" BLOB "],\"id\":\"POL-1\",\"k\":\"record.change\",\"ver\":1}"},
        {"decision", "{\"a\":" WHO ",\"act\":\"move\",\"k\":\"record.change\",\"of\":1}"},
        {"scope", "{\"k\":\"record.change\",\"scope\":{\"act\":\"in\",\"id\":\"BND-0001\",\"kind\":\"software\"}}"},
        {"scope", "{\"scope\":{\"act\":\"approve\",\"id\":\"BND-0001\",\"kind\":\"software\"}}"},
        {"scope", "{\"scope\":{\"act\":\"out\",\"id\":\"\",\"kind\":\"software\"}}"},
        {"scope", "{\"scope\":{\"act\":\"out\",\"id\":\"BND-0001\",\"kind\":\"two words\"}}"},
        {"upload", "{" CHANGE "}"},
        {"record", "{" CHANGE ",\"type\":\"\"}"},
        {"key", "{\"key\":{\"act\":\"drop\",\"role\":\"officer\",\"vkey\":" VKEY "}}"},
        {"key", "{\"key\":{\"act\":\"add\",\"role\":\"king\",\"vkey\":" VKEY "}}"},
        {"key", "{\"key\":{\"act\":\"add\",\"role\":\"log\",\"vkey\":\"x\"}}"},
        {"gap", "{\"act\":\"notice\",\"from\":3,\"kind\":\"seal\",\"t\":9,\"to\":3,\"why\":\"off\"}"},
        {"gap", "{\"act\":\"notice\",\"from\":3,\"kind\":\"seal\",\"t\":9,\"to\":10,\"why\":\"off\"}"},
        {"gap", "{\"act\":\"notice\",\"from\":1,\"kind\":\"run\",\"t\":2,\"to\":2,\"why\":\"missed\"}"},
        {"gap", "{\"act\":\"forget\",\"of\":1,\"reason\":\"x\"}"},
        {"anchor", "{\"at\":1,\"by\":\"tsa\",\"cp\":\"4\",\"d\":\"" H64 "\",\"kind\":\"tst\"}"},
        {"anchor", "{\"at\":1,\"by\":\"tsa\",\"cp\":\"-4:" H64 "\",\"d\":\"" H64 "\",\"kind\":\"tst\"}"},
        {"record", "{\"op\":\"xyz\",\"type\":\"parameter\"}"},
        {"record", "{\"back\":false,\"type\":\"parameter\"}"},
        {"record", "{\"a\":\"ann\",\"type\":\"parameter\"}"},
        {"record", "{\"ctl\":\"AC-06\",\"type\":\"parameter\"}"},
        {"surprise", "{}"},
    };
    a = arena_new("rules", 64 << 20);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!holds(bad[i].type, bad[i].json) && fault[0], "%s %s", bad[i].type, bad[i].json);
    ck_assert(holds("record", "{\"a\":" WHO ",\"back\":true,\"ctl\":[\"AC-06\"],\"further\":[1],\"op\":\"" H32 "\",\"type\":\"x\"}"));
    ck_assert(holds("upload", "{" CHANGE ",\"type\":\"evidence\"}"));
    ck_assert(holds("scope", "{" CHANGE ",\"scope\":{\"act\":\"in\",\"id\":\"X-1\",\"kind\":\"software\"},\"type\":\"boundary_item\"}"));
    a = arena_free(a);
}
END_TEST

START_TEST(each_type_has_the_signer_of_the_manual)
{
    ck_assert_str_eq(leaf_rule_role(STR("run")), "collector");
    ck_assert_str_eq(leaf_rule_role(STR("key")), "root");
    ck_assert_str_eq(leaf_rule_role(STR("erase")), "officer");
    ck_assert_str_eq(leaf_rule_role(STR("scope")), "");
    ck_assert_str_eq(leaf_rule_role(STR("draw")), "auditor");
    ck_assert_str_eq(leaf_rule_role(STR("opinion")), "auditor");
    ck_assert_str_eq(leaf_rule_role(STR("item")), "");
    ck_assert_ptr_null(leaf_rule_role(STR("record")));
}
END_TEST

TEST_MAIN("leaf_rules", the_smallest_leaf_of_each_type_holds_and_every_member_of_it_is_needed,
          a_member_of_another_kind_or_out_of_range_breaks_the_rule, each_type_has_the_signer_of_the_manual)
