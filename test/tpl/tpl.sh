#!/bin/sh
# Templates that must not compile, each with the place and a word of the message; and one that must.
set -eu
tpl=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0

# refuse NAME LINE MESSAGE: the template on standard input is refused at LINE with MESSAGE.
refuse() {
    cat >"$scratch/page.html"
    if "$tpl" "$scratch/out.h" "$scratch" "$scratch/page.html" 2>"$scratch/err"; then
        echo "not refused: $1"
        failed=$((failed + 1))
    elif ! grep -q "page.html:$2: .*$3" "$scratch/err"; then
        echo "$1: expected line $2 and '$3', got: $(cat "$scratch/err")"
        failed=$((failed + 1))
    else
        passed=$((passed + 1))
    fi
}

refuse "a value in a script" 1 "a value inside <script>" <<'T'
<script>{{x}}</script>
T
refuse "text in a script" 1 "content security policy" <<'T'
<script>alert(1)</script>
T
refuse "text in a style" 2 "content security policy" <<'T'
<p>x</p>
<style>p { }</style>
T
refuse "a style attribute" 1 "style" <<'T'
<p style="color:red">x</p>
T
refuse "an event handler" 1 "onclick" <<'T'
<p onclick="x()">x</p>
T
refuse "a value without quotes" 1 "quoted attribute" <<'T'
<p class={{x}}>x</p>
T
refuse "a value as a tag" 1 "may stand" <<'T'
<p {{x}}>x</p>
T
refuse "elements that do not nest" 2 "</p> where </b> is due" <<'T'
<p><b>x
</p></b>
T
refuse "an element left open" 2 "not closed" <<'T'
<div>
<p>x</p>
T
refuse "branches that end in different places" 3 "branches" <<'T'
% if x
<div>
% end
</div>
T
refuse "a block left open" 1 "no 'end'" <<'T'
% for x in y
<p>x</p>
T
refuse "an end too many" 2 "without an open" <<'T'
<p>x</p>
% end
T
refuse "an unknown filter" 1 "not known" <<'T'
<p>{{x|shiny}}</p>
T
refuse "a filter with elements in an attribute" 1 "may not stand in an attribute" <<'T'
<p title="{{x|status}}">x</p>
T
refuse "text behind a whole URL" 1 "whole URL" <<'T'
<a href="{{x}}/y">x</a>
T
refuse "an unknown statement" 1 "known are" <<'T'
% while x
T
refuse "a value that does not end" 1 "missing on this line" <<'T'
<p>{{x</p>
T
refuse "an HTML comment" 1 "comment" <<'T'
<!-- x -->
T
refuse "a text compared with a number" 1 "compared with" <<'T'
% if "a" == 1
% end
T
refuse "a condition that goes on" 1 "nothing may follow" <<'T'
% if x y
% end
T
refuse "an attribute glued to a branch" 1 "behind a branch" <<'T'
<p{% if x %} hidden{% end %}y>z</p>
T

printf '<p class="a {{x}}"{%% if y %%} hidden{%% end %%}>{{x.y.0?|number}} {{asset "a.css"}}</p>\n' >"$scratch/bad.html"
printf '<p class="a {{x}}"{%% if y %%} hidden{%% end %%}>{{x.y.0?|number}}</p>\n' >"$scratch/good.html"
if "$tpl" "$scratch/out.h" "$scratch" "$scratch/good.html" && grep -q 'void page_good(struct html \*out, const struct json \*v);' "$scratch/out.h"; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
