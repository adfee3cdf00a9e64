/*
 * page_kinds.h - the kinds of page: a view model, its template, the columns of its list. Listed in page.c, named in route.c.
 */
#ifndef WEB_PAGE_KINDS_H
#define WEB_PAGE_KINDS_H

#include "web/site.h"

extern const struct page page_kind_overview, page_kind_criteria, page_kind_criterion, page_kind_controls, page_kind_control,
    page_kind_tests, page_kind_test, page_kind_evidence, page_kind_capture, page_kind_parameters, page_kind_search,
    page_kind_index, page_kind_rooms, page_kind_record_list, page_kind_leaf, page_kind_record_board, page_kind_record_calendar, page_kind_record,
    page_kind_questionnaire, page_kind_adopt;
extern const struct page page_kind_parameter; /* parameter_pages.c */
extern const struct page page_kind_policies, page_kind_policy, page_kind_policy_version, page_kind_policy_diff, page_kind_narratives, page_kind_narrative, page_kind_policy_edit, page_kind_policy_matrix, page_kind_handbook,
    page_kind_handbook_page, page_kind_receipt; /* policy_pages.c */
extern const struct page page_kind_settings, page_kind_notifications, page_kind_onboarding; /* settings_pages.c */
extern const struct page page_kind_scope, page_kind_scope_profile, page_kind_scope_categories, page_kind_scope_boundary, page_kind_scope_commitments,
    page_kind_scope_subservices, page_kind_scope_team, page_kind_scope_version; /* scope_pages.c */
extern const struct page page_kind_register, page_kind_gap, page_kind_plan, page_kind_goals, page_kind_readiness; /* gap_pages.c */
extern const struct page page_kind_impact, page_kind_completeness, page_kind_period, page_kind_topics; /* room_pages.c */
extern const struct page page_kind_risks, page_kind_risk, page_kind_risk_history, page_kind_risk_campaign, page_kind_risk_method; /* risk_pages.c */
extern const struct page page_kind_my, page_kind_tasks, page_kind_calendar; /* due_pages.c */

extern const struct page page_kind_assets, page_kind_asset_stores, page_kind_asset_encryption, page_kind_asset_suggestions; /* asset_pages.c */
extern const struct page page_kind_prepare, page_kind_stakeholders, page_kind_resources; /* prepare_pages.c */
extern const struct page page_kind_concern_form, page_kind_concern_key, page_kind_concern_follow, page_kind_concerns, page_kind_concern; /* concerns/pages.c */
extern const struct page page_kind_access, page_kind_access_review, page_kind_access_lines, page_kind_access_accounts; /* access_pages.c */
extern const struct page page_kind_audit, page_kind_audit_firms, page_kind_engagement; /* audit_pages.c */
extern const struct page page_kind_audit_samples, page_kind_audit_sample, page_kind_audit_sheets, page_kind_audit_sheet, page_kind_audit_exceptions, page_kind_audit_exception; /* sheet_pages.c */
extern const struct page page_kind_audit_sign; /* audit_sign_pages.c */
extern const struct page page_kind_reports, page_kind_report; /* report_pages.c */
extern const struct page page_kind_audit_after, page_kind_audit_trend; /* audit_after.c */
extern const struct page page_kind_populations, page_kind_population; /* population_pages.c */
extern const struct page page_kind_requests, page_kind_request, page_kind_audit_room, page_kind_audit_bundle, page_kind_audit_log; /* request_pages.c */
extern const struct page page_kind_room_report; /* room_report_pages.c */
extern const struct page page_kind_evidence_file; /* evidence_pages.c */
extern const struct page page_kind_people, page_kind_person, page_kind_joiners, page_kind_lifecycle, page_kind_reconcile, page_kind_roster; /* people_pages.c */
extern const struct page page_kind_documents, page_kind_document, page_kind_holds, page_kind_retention, page_kind_disposition, page_kind_certificate; /* document_pages.c */

extern const struct page page_kind_training, page_kind_course, page_kind_campaign, page_kind_training_overdue, page_kind_my_training, page_kind_my_course, page_kind_lesson,
    page_kind_quiz, page_kind_quiz_result; /* training_pages.c */

#endif
