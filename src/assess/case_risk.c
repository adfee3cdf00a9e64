/* Worked cases of the kind risk: what remains of one with its controls, and what it needs. */
#include "assess/case_risk.h"

#include "assess/risk.h"

static bool level_read(struct case_reader *r, const struct yaml *map, struct risk_level *ret)
{
    int64_t l = 0, i = 0;
    if (!case_int(r, map, "likelihood", &l) || !case_int(r, map, "impact", &i))
        return false;
    if (l < 1 || l > RISK_LEVELS || i < 1 || i > RISK_LEVELS)
        return case_fault(r, map, "likelihood, impact: from 1 to %d", RISK_LEVELS);
    *ret = (struct risk_level){(int)l, (int)i};
    return true;
}

/* NOT_OPERATING is a conclusion about the window, beside the live states. */
static bool control_read(struct case_reader *r, const struct yaml *v, struct risk_control *ret)
{
    int64_t l = 0, i = 0;
    struct str state = yaml_text(v, "state");
    case_known(r, v, "id likelihood impact state note");
    if (!case_int(r, v, "likelihood", &l) || !case_int(r, v, "impact", &i))
        return false;
    if (l < 0 || l > RISK_EFFECT_MAX || i < 0 || i > RISK_EFFECT_MAX)
        return case_fault(r, v, "likelihood, impact: a control lowers each by 0 to %d steps", RISK_EFFECT_MAX);
    *ret = (struct risk_control){.likelihood = (int)l, .impact = (int)i, .is_not_operating = str_is(state, "NOT_OPERATING")};
    for (int s = 0; s < LIVE_STATES; s++)
        if (str_is(state, live_state_name((enum live_state)s))) {
            ret->live = (enum live_state)s;
            return true;
        }
    return ret->is_not_operating || case_fault(r, v, "state: there is no '%.*s'", STR_ARGS(str_slice(state, 0, 40)));
}

bool case_risk(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *computed)
{
    (void)defaults;
    const struct yaml *list, *inherent = case_get(c, "inherent");
    struct risk_level level;
    struct risk_cover none = {0};
    enum risk_band appetite = RISK_BAND_MODERATE;
    size_t count = 0;
    case_known(r, c, "id title kind library_controls inherent controls appetite expected why");
    if (!inherent || inherent->type != YAML_MAP)
        return case_fault(r, c, "inherent: likelihood and impact are wanted");
    if (!level_read(r, inherent, &level) || !case_maps(r, c, "controls", &list))
        return false;
    if (case_get(c, "appetite") && !risk_band_parse(yaml_text(c, "appetite"), &appetite))
        return case_fault(r, case_get(c, "appetite"), "appetite: low, moderate, high or very_high");
    struct risk_control *controls = arena_array(r->a, (list ? list->count : 0) + 1, sizeof *controls);
    YAML_EACH (v, list)
        if (!control_read(r, v, &controls[count++]))
            return false;
    struct risk_level residual = risk_residual(level, controls, count).level;
    json_put_int(computed, "residual_likelihood", residual.likelihood);
    json_put_int(computed, "residual_impact", residual.impact);
    json_put_int(computed, "score", risk_score(residual));
    json_put_cstr(computed, "band", risk_band_name(risk_band_of(risk_score(residual))));
    json_put_cstr(computed, "sp800_band", risk_sp800_band(risk_score(residual)));
    json_put_cstr(computed, "need", risk_need_name(risk_need(residual, appetite, &none)));
    return true;
}
