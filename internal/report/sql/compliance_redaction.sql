-- By which version of the rules events were redacted, and how many of them had something to redact.
SELECT coalesce(redaction_version, '(none)') AS version, count(*) AS events, count(redactions) AS redacted
FROM events GROUP BY redaction_version ORDER BY version
