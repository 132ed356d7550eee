package verify

// Kinds of findings.
const (
	// Of signatures and keys.
	BadSignature Kind = "bad_signature"
	WrongKey     Kind = "wrong_key"
	BadRotation  Kind = "bad_rotation"

	// Of a log.
	CheckpointMissing   Kind = "checkpoint_missing"
	CheckpointMalformed Kind = "checkpoint_malformed"
	CheckpointFork      Kind = "checkpoint_fork"
	LogRolledBack       Kind = "log_rolled_back"
	HistoryRewritten    Kind = "history_rewritten"
	LogMissing          Kind = "log_missing"
	EntryMissing        Kind = "entry_missing"
	EntryAltered        Kind = "entry_altered"
	EntryMalformed      Kind = "entry_malformed"
	EntryInvalid        Kind = "entry_invalid"
	TrailFileMissing    Kind = "trail_file_missing"
	TrailFileAltered    Kind = "trail_file_altered"
	TrailFileForeign    Kind = "trail_file_foreign"
	HeartbeatMissing    Kind = "heartbeat_missing"
	LogUnfinished       Kind = "log_unfinished"
	LogOpen             Kind = "log_open"
	WitnessConflict     Kind = "witness_conflict"
	WitnessesLimited    Kind = "witnesses_limited"

	// Of the numbering.
	SealGap      Kind = "seal_gap"
	SeqGap       Kind = "seq_gap"
	SeqDuplicate Kind = "seq_duplicate"
	SeqLost      Kind = "seq_lost"

	// Of an object whose bytes are not those that were signed.
	ObjectMissing      Kind = "object_missing"
	ObjectExpired      Kind = "object_expired"
	ObjectAltered      Kind = "object_altered"
	ObjectTruncated    Kind = "object_truncated"
	ObjectAppended     Kind = "object_appended"
	ObjectCorrupt      Kind = "object_corrupt"
	ObjectRecompressed Kind = "object_recompressed"
	ObjectReplaced     Kind = "object_replaced"
	LinesEdited        Kind = "lines_edited"
	LinesDeleted       Kind = "lines_deleted"
	LinesAdded         Kind = "lines_added"
	LinesDuplicated    Kind = "lines_duplicated"
	LinesReordered     Kind = "lines_reordered"
	// Of an object whose bytes are the signed ones, but not what its entry says of them.
	LineRoot    Kind = "line_root"
	LineCount   Kind = "line_count"
	ByteCount   Kind = "byte_count"
	LineDamaged Kind = "line_damaged"
	LineSeq     Kind = "line_seq"
	LineTier    Kind = "line_tier"
	LineDay     Kind = "line_day"
	LineWriter  Kind = "line_writer"

	LockShortened Kind = "lock_shortened"
	LockTooShort  Kind = "lock_too_short"

	ForeignObject     Kind = "foreign_object"
	ForeignWriter     Kind = "foreign_writer"
	UncommittedObject Kind = "uncommitted_object"
	PendingObject     Kind = "pending_object"

	// Of what a bucket with versions keeps behind a key.
	ObjectOverwritten Kind = "object_overwritten"
	ObjectHidden      Kind = "object_hidden"
	VersionsUnchecked Kind = "versions_unchecked"

	// Of days.
	DailyMismatch    Kind = "daily_mismatch"
	DayObjectAltered Kind = "day_object_altered"
	DayObjectMissing Kind = "day_object_missing"
	RollupMismatch   Kind = "rollup_mismatch"

	LimitExceeded Kind = "limit_exceeded"
)

// kinds has the words of each kind, and whether it is only a note.
var kinds = map[Kind]struct {
	words string
	note  bool
}{
	BadSignature:        {words: "the signature is not that of the key it names"},
	WrongKey:            {words: "the log is signed with a key that is not the given one, and no rotation leads to or from it"},
	BadRotation:         {words: "the key changes without the signatures of both keys"},
	CheckpointMissing:   {words: "the log has entries, but no signed checkpoint"},
	CheckpointMalformed: {words: "not a checkpoint of this log"},
	CheckpointFork:      {words: "signed, but over another history than the newest checkpoint's"},
	LogRolledBack:       {words: "the log is shorter than it once was"},
	HistoryRewritten:    {words: "the log is not a continuation of the one that was verified before"},
	LogMissing:          {words: "the writer's log is gone"},
	EntryMissing:        {words: "the entry is gone"},
	EntryAltered:        {words: "the entry is not the one that was signed"},
	EntryMalformed:      {words: "not a canonical entry"},
	EntryInvalid:        {words: "the entry contradicts the ones before it"},
	TrailFileMissing:    {words: "a file of the log is gone"},
	TrailFileAltered:    {words: "a file of the log is not what the log makes it"},
	TrailFileForeign:    {words: "no file of this log"},
	HeartbeatMissing:    {words: "the log was silent for longer than a living writer is"},
	LogUnfinished:       {words: "the log ends without a closing entry, long ago: the writer crashed and never came back, or its end was cut off"},
	LogOpen:             {words: "the log has no closing entry: its writer lives, or crashed a moment ago", note: true},
	WitnessConflict:     {words: "another writer saw a history of this log that is not the one in the bucket"},
	WitnessesLimited:    {words: "writers saw more of each other than can be held; only the newest were compared", note: true},
	SealGap:             {words: "seal numbers don't follow each other"},
	SeqGap:              {words: "seq numbers don't follow each other"},
	SeqDuplicate:        {words: "a seq number stands in more than one line of its seal"},
	SeqLost:             {words: "seq numbers that no line of the seal has"},
	ObjectMissing:       {words: "the object is gone"},
	ObjectExpired:       {words: "the object is gone; its lock had ended", note: true},
	ObjectAltered:       {words: "the object's bytes are not the signed ones"},
	ObjectTruncated:     {words: "the object was cut short"},
	ObjectAppended:      {words: "something was appended to the object"},
	ObjectCorrupt:       {words: "the object can't be unpacked"},
	ObjectRecompressed:  {words: "the object was packed anew; its lines are the signed ones"},
	ObjectReplaced:      {words: "the object holds what belongs to another key"},
	LinesEdited:         {words: "one or more lines were edited"},
	LinesDeleted:        {words: "one or more lines were deleted"},
	LinesAdded:          {words: "one or more lines were added"},
	LinesDuplicated:     {words: "one or more lines stand there twice"},
	LinesReordered:      {words: "lines were put into another order"},
	LineRoot:            {words: "the root over the lines is not the one in the entry"},
	LineCount:           {words: "the number of lines is not the one in the entry"},
	ByteCount:           {words: "the number of bytes is not the one in the entry"},
	LineDamaged:         {words: "the number of lines that can't be read is not the one in the entry"},
	LineSeq:             {words: "a line's seq is not where the entry says"},
	LineTier:            {words: "a line of another tier than the key says"},
	LineDay:             {words: "a line of another day than the key says"},
	LineWriter:          {words: "a line of another writer than the key says"},
	LockShortened:       {words: "the lock of the object is not the one that was asked for"},
	LockTooShort:        {words: "the lock ends before the retention of a line"},
	ForeignObject:       {words: "no entry of any log names this object"},
	ForeignWriter:       {words: "an object of a writer that has no log"},
	UncommittedObject:   {words: "an object that its log never told of, though there was time to"},
	PendingObject:       {words: "an object that its log doesn't tell of yet", note: true},
	ObjectOverwritten:   {words: "something else was stored under this key before, or this was deleted and put again: its writer writes each key once"},
	ObjectHidden:        {words: "a delete marker hides what is stored under this key", note: true},
	VersionsUnchecked:   {words: "what lies behind the newest versions can't be looked at: it takes the right to list versions", note: true},
	DailyMismatch:       {words: "the daily entry doesn't sum up the entries before it"},
	DayObjectAltered:    {words: "the day object's bytes are not the signed ones"},
	DayObjectMissing:    {words: "the day object is gone"},
	RollupMismatch:      {words: "the day object is not made of the segments that the log tells of"},
	LimitExceeded:       {words: "beyond what any writer of ours makes; not looked into"},
}
