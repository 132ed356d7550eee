package detect

// More tokens of services.
var moreSaasFormats = []format{
	{id: "newrelic-mobile-token", anchors: "-NRMA", left: "[0-9a-zA-Z]{40,44}", source: "docs.newrelic.com/docs/apis"},
	{id: "rootly-key", anchors: "rootly_", right: "[0-9a-f]{64}", source: "docs.rootly.com"},
	{id: "pganalyze-key", anchors: "pgar_ pgaw_", right: "[A-Za-z0-9]{27,40}", source: "pganalyze.com/docs"},
	{id: "ramp-secret", anchors: "ramp_sec_", right: "[A-Za-z0-9]{40,}", source: "docs.ramp.com"},
	{id: "onfido-token", anchors: "api_live. api_live_us. api_live_ca. api_live_eu. api_sandbox. api_sandbox_us. api_sandbox_ca.", right: "[A-Za-z0-9_-]{11}[.][A-Za-z0-9_-]{32}", loose: true, source: "documentation.onfido.com"},
	{id: "flexport-key", anchors: "shltm_", right: "[A-Za-z0-9_-]{40}", source: "docs.logistics-api.flexport.com"},
	{id: "telnyx-key", anchors: "KEY0", right: "[A-Za-z0-9]{30,40}_[A-Za-z0-9]{20,24}", source: "developers.telnyx.com"},
	{id: "teamwork-token", anchors: "tkn.v1_", right: "[A-Za-z0-9=_-]{60,}", loose: true, source: "apidocs.teamwork.com"},
	{id: "ubidots-token", anchors: "BBFF- BBUS-", right: "[A-Za-z0-9]{30}", source: "docs.ubidots.com"},
	{id: "nightfall-key", anchors: "NF-", right: "[A-Za-z0-9]{32}", check: mixedBody, source: "docs.nightfall.ai"},
	{id: "fullstory-key", anchors: "na1. eu1.", right: "[A-Za-z0-9+/]{60,}", check: all(mixedBody, entropyOf(4.2)), source: "developer.fullstory.com"},
	{id: "mailersend-token", anchors: "mlsn.", right: "[0-9a-f]{64}", source: "developers.mailersend.com"},
	{id: "onesignal-key", anchors: "os_v2_app_ os_v2_org_", right: "[a-z2-7]{100,}", source: "documentation.onesignal.com"},
	{id: "polar-token", anchors: "polar_oat_ polar_pat_ polar_whs_ polar_cst_", right: "[A-Za-z0-9]{36,}", source: "polar.sh/docs"},
	{id: "paddle-key", anchors: "pdl_live_apikey_ pdl_sdbx_apikey_ pdl_ntfset_", right: "[a-z0-9]{26}_[A-Za-z0-9+/]{20,40}[A-Za-z0-9_]{0,6}", loose: true, source: "developer.paddle.com"},
	{id: "nylas-key", anchors: "nyk_v0_", right: "[A-Za-z0-9]{60,70}", source: "developer.nylas.com"},
	{id: "slack-workflow-token", anchors: "xwfp-", right: "[A-Za-z0-9-]{30,}", source: "api.slack.com/authentication/token-types"},
	{id: "besttime-key", anchors: "pri_", right: "[0-9a-f]{32}", source: "documentation.besttime.app"},
	{id: "duo-secret", anchors: "skey", fold: true, right: `["': =]{1,6}[A-Za-z0-9]{40}`, check: tail(40), source: "duo.com/docs"},
}
