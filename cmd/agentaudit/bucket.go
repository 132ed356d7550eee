package main

import "github.com/spf13/pflag"

// bucketVariable names the bucket when --bucket doesn't: the collector's own variable.
const bucketVariable = "AGENTAUDIT_BUCKET"

func bucketFlag(flags *pflag.FlagSet, bucket *string) {
	flags.StringVar(bucket, "bucket", "", "where the objects are: file:DIR or s3://BUCKET/PREFIX?region=…&endpoint=…; else $"+bucketVariable)
}
