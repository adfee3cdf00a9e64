#include "content/content.h"

const struct criterion *content_criterion(struct str id)
{
    for (size_t i = 0; i < content_criterion_count; i++)
        if (str_is(id, content_criteria[i].id))
            return &content_criteria[i];
    return NULL;
}

const struct control *content_control(struct str id)
{
    for (size_t i = 0; i < content_control_count; i++)
        if (str_is(id, content_controls[i].id))
            return &content_controls[i];
    return NULL;
}

const struct test *content_test(struct str id)
{
    size_t from = 0, to = content_test_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = str_compare(id, str_of(content_tests[middle].id));
        if (order == 0)
            return &content_tests[middle];
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return NULL;
}

const struct parameter *content_parameter(struct str name)
{
    for (size_t i = 0; i < content_parameter_count; i++)
        if (str_is(name, content_parameters[i].name))
            return &content_parameters[i];
    return NULL;
}
