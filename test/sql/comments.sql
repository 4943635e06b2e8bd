-- What tools show of the extension: all that it consists of has a comment.

SELECT pg_describe_object(classid, objid, objsubid) AS without_comment
FROM pg_depend
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pandelephant')
	AND obj_description(objid, classid::regclass::text::name) IS NULL
ORDER BY 1;

-- and there is something to have one
SELECT count(*) > 25 AS many
FROM pg_depend d JOIN pg_description c ON c.classoid = d.classid AND c.objoid = d.objid
WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pandelephant');
