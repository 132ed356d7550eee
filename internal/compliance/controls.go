package compliance

import "strings"

// Control is a requirement of a law or standard, and what a trail has to do with it. Read the text itself: these are a few words about it.
type Control struct {
	Framework, Ref string
	// Asks is what it is about.
	Asks string
	// Evidence is what the trail gives for it, Ends is where that ends.
	Evidence, Ends string
	// Checks are the checks of this report that bear on it.
	Checks []string
}

// Controls are those that a trail of agents helps meet. Their texts were looked up in two places each.
var Controls = []Control{
	{
		"EU AI Act (Regulation (EU) 2024/1689)", "Article 12", "High-risk AI systems technically allow for automatic recording of events (logs) over their lifetime, relevant for finding risks, for post-market monitoring, and for monitoring of operation.",
		"Events of each session, model call, tool call, access to data, decision and error, recorded without the agent's doing, with time, actor and trace.",
		"Only what agents tell by OpenTelemetry, since the collector was put there. Whether a system is high-risk, whether these events suffice for it, and Article 12(3) for remote biometric identification are for the provider to judge; so is from which date the article applies, for that was moved in 2026.",
		[]string{"trail", "heartbeats", "data_access"},
	},
	{
		"EU AI Act (Regulation (EU) 2024/1689)", "Article 19", "Providers keep the logs of Article 12 that are under their control, as long as the purpose asks for, at least six months unless other law provides otherwise.",
		"Retention in days on each event, set by tier and type; object locks for that long; proof that what was written is still there.",
		"The days that were set, not the lock in the bucket: agentaudit verify checks that. The profile eu_ai_act sets 183 days; tier debug is below it. Other law, such as that on personal data, may ask for less or more.",
		[]string{"retention", "trail"},
	},
	{
		"EU AI Act (Regulation (EU) 2024/1689)", "Article 26(6)", "Deployers keep the logs that the high-risk system generates automatically and that are under their control, at least six months unless other law provides otherwise.",
		"As for Article 19, in the deployer's own bucket.",
		"Logs that only the provider of the system has are not in it.",
		[]string{"retention", "trail"},
	},
	{
		"ISO/IEC 42001:2023", "Annex A, A.6.2.8", "The organisation determines in which phases of an AI system's life event logs are kept, at the least while it is in use.",
		"Logs of use, in one form for all frameworks, with who, what, on whose behalf, and outcome.",
		"Phases before use (training, evaluation) only where they emit the same telemetry. The determination itself is a document of the organisation.",
		[]string{"trail", "data_access", "retention"},
	},
	{
		"SOC 2 (AICPA Trust Services Criteria)", "CC7.2", "The entity monitors system components and their operation for anomalies that point to malicious acts, disasters and errors, and analyses them.",
		"The events that such monitoring needs, and agentaudit anomalies and report errors over them.",
		"That somebody looked, and what they did, is not in the trail.",
		[]string{"escalation", "budgets", "heartbeats"},
	},
	{
		"SOC 2 (AICPA Trust Services Criteria)", "CC7.3", "The entity evaluates security events, whether they could or did keep it from meeting its objectives, and acts.",
		"Denials, guardrail verdicts, errors and approvals with their events; forensics of a trace or session; proofs for single events.",
		"The evaluation is the entity's.",
		[]string{"approvals", "trail"},
	},
	{
		"SOC 2 (AICPA Trust Services Criteria)", "CC6.1", "The entity implements logical access security over protected information assets.",
		"Which agent read or changed which resource for which user, what was denied, and which actions people approved.",
		"The trail records access; it grants and prevents none.",
		[]string{"approvals", "data_access", "redaction"},
	},
	{
		"HIPAA Security Rule", "45 CFR 164.312(b)", "Audit controls: mechanisms that record and examine activity in information systems that contain or use electronic protected health information.",
		"Recorded activity of agents, with access to data by resource, agent and user, and these reports to examine it.",
		"Activity of people and of systems that are no agents is elsewhere. The six years of 45 CFR 164.316(b)(2)(i) are for required documentation; whether logs are such is for counsel (profile hipaa sets them).",
		[]string{"data_access", "trail", "retention", "redaction"},
	},
	{
		"NIST AI RMF 1.0", "MEASURE 2.4", "The functionality and behaviour of the AI system and its components are monitored when in production.",
		"What agents did in production, with errors, latencies, tokens and cost per tool, agent and model, and their change against the week before.",
		"The quality of what a model said is only there where feedback or evaluations were told.",
		[]string{"budgets", "escalation", "heartbeats"},
	},
	{
		"NIST AI RMF 1.0", "MEASURE 2.8", "Risks associated with transparency and accountability are examined and documented.",
		"A record that names who acted, on whose behalf, who approved, and that can be proven unchanged.",
		"Reasons are those that the model or person gave.",
		[]string{"approvals", "trail"},
	},
	{
		"NIST AI RMF 1.0", "MANAGE 4.1", "Post-deployment monitoring is planned and carried out, with ways to take in users' input, to override, to respond to incidents.",
		"Events of human intervention, denial, feedback and error, and forensics over them.",
		"The plans are the organisation's.",
		[]string{"escalation", "approvals"},
	},
}

// outcomes says how the checks that bear on a control ended.
func (c *Control) outcomes(results []Result) string {
	var ended []string
	for _, name := range c.Checks {
		for _, r := range results {
			if r.Name == name {
				ended = append(ended, name+" "+string(r.Status))
			}
		}
	}
	if len(ended) == 0 {
		return "none was asked for"
	}
	return strings.Join(ended, ", ")
}
