-- snapshot.sql - everything that the catalogs say of the extension, one sorted line for each fact,
-- without a single OID: two installations are the same when these lines are.
SET search_path = pg_catalog;

CREATE TEMP VIEW member AS
  SELECT d.classid, d.objid, i.type, i.identity
    FROM pg_extension e
    JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
   CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) i
   WHERE e.extname = 'clusterseg'
     -- arrays and row types come with what they belong to; newer versions list them
     AND NOT EXISTS (SELECT FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
                      WHERE t.oid = d.objid AND d.classid = 'pg_type'::regclass AND (t.typcategory = 'A' OR c.relkind <> 'c'));

CREATE TEMP VIEW relation AS
  SELECT c.*, c.oid AS id, m.identity FROM member m JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass;

CREATE TEMP VIEW fact(line) AS

  -- the extension and its list of members, with comments and rights
  SELECT format('extension version %s schema %s relocatable %s comment: %s', extversion, extnamespace::regnamespace, extrelocatable,
                coalesce(obj_description(oid, 'pg_extension'), 'none'))
    FROM pg_extension WHERE extname = 'clusterseg'
  UNION ALL
  SELECT format('member %s %s comment: %s', type, identity,
                coalesce(obj_description(objid, classid::regclass::name), 'none')) FROM member
  UNION ALL
  SELECT format('rights %s %s %s', m.type, m.identity, coalesce(p.proacl, c.relacl, t.typacl, n.nspacl)::text)
    FROM member m
    LEFT JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
    LEFT JOIN pg_class c ON c.oid = m.objid AND m.classid = 'pg_class'::regclass
    LEFT JOIN pg_type t ON t.oid = m.objid AND m.classid = 'pg_type'::regclass
    LEFT JOIN pg_namespace n ON n.oid = m.objid AND m.classid = 'pg_namespace'::regclass
   WHERE m.classid IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_type'::regclass, 'pg_namespace'::regclass)
  UNION ALL
  SELECT format('initial rights %s %s column %s %s', m.type, m.identity, i.objsubid, i.initprivs)
    FROM member m JOIN pg_init_privs i ON i.classoid = m.classid AND i.objoid = m.objid
  UNION ALL
  SELECT format('dumped %s %s', c.id::regclass, coalesce(nullif(c.condition, ''), 'whole'))
    FROM pg_extension e CROSS JOIN LATERAL unnest(e.extconfig, e.extcondition) AS c(id, condition)
   WHERE e.extname = 'clusterseg'

  -- functions, procedures, aggregates: names, defaults, labels and bodies
  UNION ALL
  SELECT format('function %s %s cost %s rows %s support %s', m.identity,
                CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid)
                     ELSE format('aggregate (%s) -> %s %s %s %s', pg_get_function_arguments(p.oid), pg_get_function_result(p.oid),
                                 p.provolatile, p.proparallel, p.proisstrict) END,
                p.procost, p.prorows, p.prosupport)
    FROM member m JOIN pg_proc p ON p.oid = m.objid AND m.classid = 'pg_proc'::regclass
  UNION ALL
  SELECT format('aggregate %s %s', m.identity,
                concat_ws(' ', a.aggkind, a.aggnumdirectargs, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
                          a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn, a.aggfinalextra, a.aggmfinalextra, a.aggfinalmodify,
                          a.aggmfinalmodify, a.aggsortop::regoperator, a.aggtranstype::regtype, a.aggtransspace,
                          a.aggmtranstype::regtype, a.aggmtransspace, coalesce(a.agginitval, 'null'), coalesce(a.aggminitval, 'null')))
    FROM member m JOIN pg_aggregate a ON a.aggfnoid = m.objid AND m.classid = 'pg_proc'::regclass

  -- relations and what hangs on them
  UNION ALL
  SELECT format('relation %s kind %s persistence %s options %s row security %s %s replica identity %s', identity, relkind, relpersistence,
                reloptions, relrowsecurity, relforcerowsecurity, relreplident) FROM relation
  UNION ALL
  SELECT format('column %s.%s number %s %s %s%s%s%s storage %s comment: %s', r.identity, a.attname,
                row_number() OVER (PARTITION BY r.id ORDER BY a.attnum), format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attnotnull THEN 'not null ' END,
                CASE WHEN a.attcollation <> t.typcollation THEN 'collation ' || a.attcollation::regcollation || ' ' END,
                CASE WHEN a.attidentity <> '' OR a.attgenerated <> '' THEN format('identity %s generated %s ', a.attidentity, a.attgenerated) END,
                'default ' || pg_get_expr(d.adbin, d.adrelid), a.attstorage, coalesce(col_description(r.id, a.attnum), 'none'))
    FROM relation r JOIN pg_attribute a ON a.attrelid = r.id AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = r.id AND d.adnum = a.attnum
   WHERE r.relkind IN ('r', 'p', 'v', 'm', 'f')
  UNION ALL
  SELECT format('constraint %s %s %s validated %s', coalesce(r.identity, k.contypid::regtype::text), k.conname, pg_get_constraintdef(k.oid),
                k.convalidated)
    FROM pg_constraint k LEFT JOIN relation r ON r.id = k.conrelid
   WHERE r.id IS NOT NULL OR k.contypid IN (SELECT objid FROM member WHERE classid = 'pg_type'::regclass)
  UNION ALL
  SELECT format('index %s', pg_get_indexdef(i.indexrelid)) FROM relation r JOIN pg_index i ON i.indrelid = r.id
  UNION ALL
  SELECT format('trigger %s enabled %s', pg_get_triggerdef(t.oid), t.tgenabled)
    FROM relation r JOIN pg_trigger t ON t.tgrelid = r.id AND NOT t.tgisinternal
  UNION ALL
  SELECT format('rule %s enabled %s', pg_get_ruledef(w.oid), w.ev_enabled) FROM relation r JOIN pg_rewrite w ON w.ev_class = r.id
  UNION ALL
  SELECT format('policy %s on %s command %s permissive %s roles %s using %s check %s', p.polname, r.identity, p.polcmd, p.polpermissive,
                (SELECT string_agg(CASE o WHEN 0 THEN 'public' ELSE o::regrole::text END, ', ' ORDER BY o) FROM unnest(p.polroles) o),
                pg_get_expr(p.polqual, r.id), pg_get_expr(p.polwithcheck, r.id))
    FROM relation r JOIN pg_policy p ON p.polrelid = r.id
  UNION ALL
  SELECT format('sequence %s %s start %s by %s from %s to %s cache %s cycle %s', r.identity, s.seqtypid::regtype, s.seqstart, s.seqincrement,
                s.seqmin, s.seqmax, s.seqcache, s.seqcycle)
    FROM relation r JOIN pg_sequence s ON s.seqrelid = r.id

  -- types, casts, operators and their classes
  UNION ALL
  SELECT format('type %s %s', m.identity,
                concat_ws(' ', t.typtype, t.typcategory, t.typispreferred, t.typlen, t.typbyval, t.typalign, t.typstorage, t.typdelim,
                          t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze, t.typnotnull,
                          t.typdefault, t.typbasetype::regtype, t.typcollation::regcollation,
                          (SELECT string_agg(enumlabel, '|' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
                          (SELECT string_agg(format('%s %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
                             FROM pg_attribute WHERE attrelid = t.typrelid AND NOT attisdropped AND attnum > 0)))
    FROM member m JOIN pg_type t ON t.oid = m.objid AND m.classid = 'pg_type'::regclass
  UNION ALL
  SELECT format('cast %s %s %s %s', m.identity, c.castfunc::regprocedure, c.castcontext, c.castmethod)
    FROM member m JOIN pg_cast c ON c.oid = m.objid AND m.classid = 'pg_cast'::regclass
  UNION ALL
  SELECT format('operator %s %s', m.identity, concat_ws(' ', o.oprkind, o.oprcanmerge, o.oprcanhash, o.oprresult::regtype,
                o.oprcom::regoperator, o.oprnegate::regoperator, o.oprcode, o.oprrest, o.oprjoin))
    FROM member m JOIN pg_operator o ON o.oid = m.objid AND m.classid = 'pg_operator'::regclass
  UNION ALL
  SELECT format('operator class %s %s default %s stores %s', m.identity, o.opcintype::regtype, o.opcdefault, o.opckeytype::regtype)
    FROM member m JOIN pg_opclass o ON o.oid = m.objid AND m.classid = 'pg_opclass'::regclass
  UNION ALL
  SELECT format('operator family %s strategy %s %s %s', m.identity, a.amopstrategy, a.amopopr::regoperator, a.amoppurpose)
    FROM member m JOIN pg_amop a ON a.amopfamily = m.objid AND m.classid = 'pg_opfamily'::regclass
  UNION ALL
  SELECT format('operator family %s support %s %s', m.identity, a.amprocnum, a.amproc::regprocedure)
    FROM member m JOIN pg_amproc a ON a.amprocfamily = m.objid AND m.classid = 'pg_opfamily'::regclass

  -- rows that the extension ships
  UNION ALL
  SELECT format('word %s', to_jsonb(w)) FROM clusterseg.label_words w WHERE w.builtin;

SELECT replace(line, E'\n', ' \\n ') FROM fact ORDER BY line COLLATE "C";
