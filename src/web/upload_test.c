#include "base/test.h"
#include "web/records.h"

static const char *media(const char *name, struct str bytes)
{
    const char *why = NULL;
    const char *found = upload_media(str_of(name), bytes, &why);
    return found ? found : why ? "refused" : "neither";
}

START_TEST(files_are_what_their_bytes_and_names_say_together)
{
    ck_assert_str_eq(media("a.pdf", STR("%PDF-1.7")), "application/pdf");
    ck_assert_str_eq(media("A.PDF", STR("%PDF-1.7")), "application/pdf");
    ck_assert_str_eq(media("a.png", STR("\x89PNG\r\n\x1a\n....")), "image/png");
    ck_assert_str_eq(media("a.csv", STR("a,b\n1,2\n")), "text/csv");
    ck_assert_str_eq(media("notes", STR("some text")), "text/plain");
    ck_assert_str_eq(media("notes", STR("\x00\x01")), "application/octet-stream");
}
END_TEST

START_TEST(polyglots_are_refused_or_named_for_what_they_would_do)
{
    ck_assert_str_eq(media("a.pdf", STR("<html>%PDF-1.7")), "refused");
    ck_assert_str_eq(media("a.png", STR("GIF89a<script>")), "refused");
    ck_assert_str_eq(media("a.txt", STR("\x00 no text")), "refused");
    ck_assert_str_eq(media("a.txt", STR("  <!DOCTYPE html><p>")), "text/html");
    ck_assert_str_eq(media("a.csv", STR("x,<ScRiPt>alert(1)</script>")), "text/html");
    ck_assert_str_eq(media("a.xml", STR("<?xml version='1.0'?><svg onload='x()'/>")), "text/html");
    ck_assert_str_eq(media("picture.svg", STR("<x/>")), "image/svg+xml");
    ck_assert_str_eq(media("a.pdf", STR("MZ\x90")), "application/x-msdownload");
    ck_assert_str_eq(media("a.pdf", STR("\x7f" "ELF")), "application/x-executable");
    ck_assert_str_eq(media("a.txt", STR("#!/bin/sh\n")), "application/x-sh");
    ck_assert_str_eq(media("invoice.pdf.exe", STR("text")), "application/x-executable");
}
END_TEST

TEST_MAIN("upload", files_are_what_their_bytes_and_names_say_together, polyglots_are_refused_or_named_for_what_they_would_do)
