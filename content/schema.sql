-- The projection: a cache of the ledger, rebuilt from it byte for byte (assay rebuild, assay dump). Times are ms UTC.
-- A change of this file means a rebuild at the next start; there are no migrations.

-- Written by the keeper itself.
create table meta(key text primary key, value text not null) strict, without rowid;          -- origin, next (index of the next leaf), schema (size and CRC-32C of this file)
create table leaf(idx integer primary key, type text not null, t integer not null, st text not null, sq integer not null,
                  hash blob not null, op text, actor text) strict;
create index leaf_by_stream on leaf(st, sq);
create table stream(st text primary key, sq integer not null, hash blob not null) strict, without rowid;
create table operation(id text primary key, leaf integer not null, answer text not null) strict, without rowid;
create table ledger_key(leaf integer primary key, role text not null, name text not null, vkey text not null unique, t integer not null,
                        retired_leaf integer, trust integer, outgoing_leaf integer) strict; -- trust: revoked, counts for that many leaves only
create table key_quorum(leaf integer primary key, need integer not null) strict;             -- how many root keys must sign

-- Time: the newest seal, since when which cadence of seals was promised, and stretches in which nothing was recorded that should have been.
create table seal_newest(one integer primary key check(one = 1), leaf integer not null, t integer not null, mono integer not null,
                         boot_id text not null, every integer not null, erased integer not null, bea text) strict;
create table seal_every(leaf integer primary key, t integer not null, every integer not null) strict;
-- subject '': everybody's. A missing run that goes on where its gap ended makes that one longer, until somebody explains it.
create table gap(leaf integer primary key, kind text not null, why text not null, subject text not null, from_t integer not null,
                 to_t integer not null, t integer not null, last_leaf integer not null, explained_leaf integer, explanation text) strict;
-- What each subject's runs promise: the next one within `every` of seen_t. A hole waits for its gap leaf; noticed_t: a gap leaf tells of the
-- missing run up to here already.
create table schedule(subject text primary key, every integer not null, seen_t integer not null, noticed_t integer not null,
                      hole_from integer not null, hole_to integer not null) strict, without rowid;
create index gap_by_end on gap(to_t);
-- Erasures of blobs: a row for the leaf that was asked for, and one for each other leaf that names the same blob. erased_leaf: done.
create table erasure(leaf integer not null, target integer not null, x text not null, c text not null, basis text not null,
                     requested_at integer not null, horizon_days integer not null, why_c text not null, why_x text not null, t integer not null,
                     erased_leaf integer, erased_t integer, primary key(leaf, target)) strict, without rowid;
create index erasure_by_target on erasure(target);
-- Master keys, by their check value: asked for by `leaf`, in force with done_leaf, when the keys of so many blobs were under it.
create table keyring_key(leaf integer primary key, id text not null, t integer not null, done_leaf integer, done_t integer, keys integer) strict;
-- Sealed bytes that others follow: of the blob c of leaf `target`.
create table reencryption(leaf integer primary key, target integer not null, c text not null, old_x text not null unique, new_x text not null,
                          t integer not null) strict;
-- What the ledger says of an examination beside its records: draw, show (samples), close (populations), opinion (test sheets). statement: JSON.
create table audit_leaf(leaf integer primary key, kind text not null, subject text not null, engagement text not null, t integer not null, statement text not null) strict;
create index audit_leaf_by_subject on audit_leaf(subject, kind, leaf);
-- What may not be erased without a second signature. statement: JSON as it was signed.
create table hold(id text primary key, leaf integer not null, t integer not null, statement text not null, why_c text not null, why_x text not null,
                  released_leaf integer, released_t integer) strict, without rowid;

-- Notices (src/notify): where they go, and which digests went out. settings: JSON; the secret is in a blob.
create table notify_channel(id text primary key, leaf integer not null, t integer not null, settings text not null, secret_c text, secret_x text) strict, without rowid;
create table notify_sent(person text not null, day text not null, channel text not null, leaf integer not null, t integer not null, items integer not null,
                         outcome text not null, primary key(person, day, channel)) strict, without rowid;
-- Tests of channels that somebody asked for; outcome null: waits to be sent.
create table notify_trial(leaf integer primary key, channel text not null, actor text not null, t integer not null, outcome text, done_leaf integer, done_t integer) strict;

-- Captures. A run lists every table; only a changed table has an item (capture).
create table subject(id text primary key, kind text not null, name text not null, first_leaf integer not null, last_leaf integer not null,
                     facts text not null) strict, without rowid;                              -- facts: JSON (os, kernel, root path ...)
-- The hosts that delivered as this subject, by what they say of themselves: two at once are clones of one machine-id.
create table subject_host(subject text not null, name_fp text not null, hardware_fp text not null, name text not null, first_leaf integer not null,
                          last_leaf integer not null, last_t integer not null,
                          returns integer not null,                                          -- how often it came back after another had delivered
                          primary key(subject, name_fp, hardware_fp)) strict, without rowid;
create table run_shape(id integer primary key, digest text not null unique, tables text not null) strict; -- tables: JSON list of names
create table run(leaf integer primary key, subject text not null, t integer not null, taken_from integer not null,
                 taken_to integer not null, shape integer not null, collector text not null, changed integer not null) strict;
create index run_by_subject on run(subject, leaf);
create table capture(leaf integer primary key, run integer not null, subject text not null, tbl text not null, version integer not null,
                     state text not null, row_count integer not null, taken_at integer not null, t integer not null,
                     c text not null, x text not null,                                        -- the canonical rows
                     bytes_c text, bytes_x text,                                              -- the record of bytes read (tables from files)
                     digest blob not null, note text not null) strict;                        -- digest: SHA-256 of rows + status + record
create index capture_by_table on capture(subject, tbl, leaf);
-- The newest capture of each table, so that "how complete is what we have" does not read history.
create table capture_newest(subject text not null, tbl text not null, leaf integer not null, state text not null, primary key(subject, tbl)) strict, without rowid;
-- How much there is, and how complete its newest is, counted by subject.
create table subject_evidence(subject text primary key, runs integer not null, captures integer not null, complete integer not null,
                              partial integer not null, none integer not null) strict, without rowid;
create trigger run_is_counted after insert on run begin
    insert into subject_evidence(subject, runs, captures, complete, partial, none) values(new.subject, 1, 0, 0, 0, 0)
        on conflict(subject) do update set runs = runs + 1;
end;
create trigger capture_becomes_newest after insert on capture begin
    insert into subject_evidence(subject, runs, captures, complete, partial, none) values(new.subject, 0, 0, 0, 0, 0) on conflict(subject) do nothing;
    update subject_evidence set captures = captures + 1,
        complete = complete + (new.state = 'complete') - exists(select 1 from capture_newest where subject = new.subject and tbl = new.tbl and state = 'complete'),
        partial = partial + (new.state = 'partial') - exists(select 1 from capture_newest where subject = new.subject and tbl = new.tbl and state = 'partial'),
        none = none + (new.state = 'none') - exists(select 1 from capture_newest where subject = new.subject and tbl = new.tbl and state = 'none')
        where subject = new.subject;
    insert into capture_newest(subject, tbl, leaf, state) values(new.subject, new.tbl, new.leaf, new.state)
        on conflict(subject, tbl) do update set leaf = excluded.leaf, state = excluded.state;
end;

-- Tests and what they found.
create table catalog(leaf integer primary key, digest text not null, t integer not null, x text not null, c text not null) strict;
create table parameter(leaf integer primary key, name text not null, value text not null, t integer not null, actor text not null, reason text not null) strict;
create index parameter_by_name on parameter(name, leaf);
-- Of those that take two people: open while decided_leaf is null.
create table parameter_proposal(leaf integer primary key, name text not null, value text not null, t integer not null, actor text not null, reason text not null,
                                decided_leaf integer, decided_t integer, decided_by text, is_approved integer, decided_reason text, decided_step text) strict;
create index parameter_proposal_by_name on parameter_proposal(name, leaf);
create table evaluation(leaf integer primary key, subject text not null, run integer not null, catalog integer not null, parameter integer not null, t integer not null,
                        taken_at integer not null, seen_at integer not null, x text, c text, pass integer not null, fail integer not null, unknown integer not null,
                        skip integer not null) strict;
-- seen_at: taken_at, but never after we received it and never before what the subject showed earlier; spans are cut there.
create index evaluation_by_subject on evaluation(subject, leaf);
-- Per resource; open while to_leaf is null. Half-open [from, to).
create table span(id integer primary key, subject text not null, test text not null, resource text not null, status text not null,
                  reason text not null, from_leaf integer not null, from_t integer not null, to_leaf integer, to_t integer) strict;
create index span_open on span(subject, test, resource) where to_leaf is null;
-- Per test and subject, now: the worst of its resources (fail > unknown > pass > skip), with counts.
create table test_span(subject text not null, test text not null, status text not null, pass integer not null, fail integer not null, unknown integer not null,
                       skip integer not null, from_leaf integer not null, from_t integer not null, primary key(subject, test)) strict, without rowid;
-- What that was before, packed (src/assess/span_store.h): many closed ones of a subject to a row, in the order of their ends; to_t, to_leaf: of the last one.
create table test_name(id integer primary key, name text not null unique) strict;
create table test_span_chunk(id integer primary key, subject text not null, to_t integer not null, to_leaf integer not null, spans blob not null) strict;
create index test_span_chunk_by_end on test_span_chunk(subject, to_t);
-- The test_span rows of a subject as one text (src/assess/subject_now.h).
create table subject_now(subject text primary key, tests text not null) strict, without rowid;
create index span_by_end on span(test, to_leaf);
-- Stretches in which the subject was observed without a break longer than the staleness limit; the last one grows with each evaluation.
create table coverage(id integer primary key, subject text not null, from_t integer not null, to_t integer not null) strict;
create index coverage_by_subject on coverage(subject, from_t);

-- Anchors: whom to ask from outside, and what they said. The newest policy is in force.
create table anchor_policy(leaf integer primary key, t integer not null, text text not null) strict;
create table anchor_tsa(name text primary key, leaf integer not null, t integer not null, url text not null, ca text not null,
                        every_ms integer not null) strict, without rowid;
-- Certificates of every authority that ever was: stamps outlive the asking.
create table anchor_ca(leaf integer primary key, name text not null, ca text not null) strict;
create table anchor(leaf integer primary key, t integer not null, kind text not null, name text not null, size integer not null,
                    at integer not null, digest text not null, c text not null, x text not null) strict;
create index anchor_by_name on anchor(kind, name, leaf);

-- Accounts (src/account). Texts come from blobs and go with them; secrets are never in here. roles: JSON, and a row each in account_role.
create table account(id text primary key, leaf integer not null, t integer not null, login text not null unique, name text not null, email text not null,
                     person text not null, kind text not null, state text not null, valid_until integer not null, roles text not null,
                     first_leaf integer not null, link text not null default '') strict, without rowid;
create index account_by_link on account(link) where link <> '';
-- Where else people may sign in, and this program's own address. settings: JSON; the secret is in a blob.
create table identity_source(id text primary key, leaf integer not null, t integer not null, settings text not null, secret_leaf integer, secret_c text,
                             secret_x text) strict, without rowid;
create table account_role(account text not null, role text not null, primary key(account, role)) strict, without rowid;
create table credential(id text primary key, account text not null, kind text not null, label text not null, c text not null, x text not null,
                        leaf integer not null, t integer not null, removed_leaf integer) strict, without rowid;
create index credential_by_account on credential(account, kind) where removed_leaf is null;
-- scope: bits of permissions. hash: SHA-256 of the secret; absent when its blob is erased.
create table token(id text primary key, account text not null, label text not null, scope integer not null, hash blob, t integer not null, leaf integer not null,
                   expires_t integer not null, revoked_leaf integer) strict, without rowid;
create table role(id text primary key, label text not null, words text not null, permissions integer not null, leaf integer not null, t integer not null) strict, without rowid;
-- Whose pseudonym it is that leaves carry in `a`.
create table actor(pseudonym text primary key, actor text not null) strict, without rowid;

-- Records (src/record). Each type has a table of versions and a view of its own, which its definition makes (content/records).
-- A row for each record that ever was; n also names it in the full text. number: of a made id.
create table record_head(n integer primary key, type text not null, id text not null, number integer, is_deleted integer not null,
                         unique(type, id)) strict;
create index record_head_by_number on record_head(type, number);
-- A row a leaf. difference: {field: [old, new]}. is_erased: what it set is erased; the fields that it named have no value since.
create table record_change(leaf integer primary key, type text not null, id text not null, version integer not null, act text not null,
                           transition text not null, actor text not null, via text not null, step text not null, from_state text not null, to_state text not null,
                           why text not null, difference text not null, is_erased integer not null, t integer not null) strict;
create index record_change_by_record on record_change(type, id, leaf);
-- Values of lists: choices (target_type ''), references. Half-open [from_leaf, to_leaf).
create table record_link(type text not null, id text not null, field text not null, target_type text not null, target text not null, place integer not null,
                         from_leaf integer not null, to_leaf integer) strict;
create index record_link_of on record_link(type, id, field, place);
create index record_link_to on record_link(target_type, target, type, field) where to_leaf is null;
create table record_file(type text not null, id text not null, field text not null, place integer not null, name text not null, media text not null,
                         size integer not null, digest text not null, leaf integer not null, c text not null, x text not null,
                         from_leaf integer not null, to_leaf integer) strict; -- digest: SHA-256 of the file, to find the same one elsewhere
create index record_file_of on record_file(type, id, field, place);
create index record_file_same on record_file(digest);
create index record_file_by_x on record_file(x);
-- How many there are now, so that a list of a hundred thousand is not counted each time it is shown.
create table record_count(type text not null, state text not null, n integer not null, primary key(type, state)) strict, without rowid;
-- The same by the fields that the type names in `counted`, in their order; '' what it has not, and no value.
create table record_tally(type text not null, a text not null, b text not null, c text not null, d text not null, e text not null, f text not null, n integer not null,
                          primary key(type, a, b, c, d, e, f)) strict, without rowid;
-- Types that the organisation added or changed; the newest of a type is in force. definition: JSON, merged over what was in force before.
create table record_definition(leaf integer primary key, type text not null, t integer not null, actor text not null, why text not null, digest text not null, definition text not null) strict;
create index record_definition_of on record_definition(type, leaf);
-- Full text of what is now; rowid is n of record_head. Not in dumps: how the engine lays its words out depends on when they were written.
create virtual table record_text using fts5(type, id, title, body, words, tokenize = 'unicode61 remove_diacritics 2');

-- Evidence (src/assess/op_evidence.c): what the machine found about the files of one version. x '': about the record as a whole.
create table evidence_checked(leaf integer primary key, id text not null, version integer not null, t integer not null, passes integer not null,
                              problems integer not null, unknowns integer not null) strict;
create index evidence_checked_of on evidence_checked(id, leaf);
create table evidence_check(leaf integer not null, place integer not null, id text not null, x text not null, "check" text not null, status text not null,
                            why text not null, primary key(leaf, place)) strict, without rowid;
create table evidence_file(leaf integer not null, x text not null, id text not null, media text not null, words text not null, text_digest text not null,
                           text_size integer not null, primary key(x, leaf)) strict, without rowid;

-- Policies: what is in force, and who has to sign it (a signature under an earlier version counts until one that is to be signed again). Now, not as of then.
create view policy_in_force as
  select v.id as policy_version, v.policy, v.number, v.title, v.digest, v.from_t as t, p.owner, p.audience, p.departments, p.review_on,
    ifnull((select max(m.number) from policy_versions_versions m where m.policy = v.policy and m.to_leaf is null and m.is_deleted = 0 and m.is_material = 1
            and m.state in ('in_force', 'superseded') and m.number <= v.number), 1) as signs_from
  from policy_versions_versions v join policies_versions p on p.id = v.policy and p.to_leaf is null and p.is_deleted = 0 and p.state = 'in_force'
  where v.state = 'in_force' and v.to_leaf is null and v.is_deleted = 0;
create view policy_duty as
  select x.id as person, f.policy, f.policy_version, f.number, f.title, f.digest, f.t, x.started_on,
    (select max(a.created_leaf) from policy_versions_versions w join acknowledgements_versions a on a.policy_version = w.id and a.digest = w.digest and a.to_leaf is null and a.is_deleted = 0
     where w.policy = f.policy and w.to_leaf is null and w.number between f.signs_from and f.number and a.person = x.id) as signed_leaf
  from policy_in_force f join people_versions x on x.to_leaf is null and x.is_deleted = 0 and x.state = 'active' and case f.audience
    when 'all' then x.kind <> 'auditor' when 'employees' then x.kind = 'employee' when 'contractors' then x.kind in ('contractor', 'consultant') when 'board' then x.kind = 'board'
    when 'departments' then x.department <> '' and instr(',' || lower(replace(f.departments, ', ', ',')) || ',', ',' || lower(x.department) || ',') > 0 else 0 end;

-- Documents (src/assess/op_document.c): what was found in a file, and where its text lies; and every view by a sharing link.
create table document_text(leaf integer primary key, id text not null, x text not null, t integer not null, media text not null, words text not null, passes integer not null,
                           problems integer not null, unknowns integer not null, text_size integer not null, is_cut integer not null, checks text not null, text_c text, text_x text) strict;
create unique index document_text_of on document_text(x);
create index document_text_by on document_text(id);
create table share_view(leaf integer primary key, id text not null, t integer not null, act text not null, x text not null, c text not null, blob_x text not null) strict;
create index share_view_of on share_view(id, leaf);
-- What was read in the room of an engagement ("" where the address names none), from the leaf's blob.
create table room_read(leaf integer not null, n integer not null, engagement text not null, actor text not null, t integer not null, address text not null, primary key(leaf, n)) strict, without rowid;
create index room_read_of on room_read(engagement, t);
