// Package otlpguardextension is the otlp_guard extension: a middleware of the OTLP receiver that refuses requests which
// would end the process while they are read. See package otlpdepth for what they are. Such a request is answered as
// malformed ones are, with 400 or Internal, which tells the sender not to send it again.
//
// It has no settings. It works where the receiver names it:
//
//	receivers:
//	  otlp:
//	    protocols:
//	      grpc:
//	        middlewares: [{id: otlp_guard}]
//	      http:
//	        middlewares: [{id: otlp_guard}]
//	extensions:
//	  otlp_guard:
//	service:
//	  extensions: [otlp_guard]
package otlpguardextension
