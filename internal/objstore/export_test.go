package objstore

// SetPageSize makes a store in a bucket list n keys per request.
func SetPageSize(s Store, n int32) { s.(*S3).pageSize = n }
