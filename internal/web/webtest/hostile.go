package webtest

import (
	"net/url"
	"reflect"
	"slices"

	"github.com/agentaudit/agentaudit/internal/event"
)

// Marker stands in every hostile text.
const Marker = "zq7MARKERzq7"

// Hostile is text that would be more than text if something interpreted it.
const Hostile = `=1+1"'></td></script><script>window.hacked=1;alert(1)</script><img src=http://127.0.0.2:1/x onerror="window.hacked=2">` +
	"\u202egnp.exe\u2066 \x1b[31mred\x1b[0m\u200b {{.}} ${7*7} javascript:window.hacked=3 " + Marker

// structural are the members that are no free text, or that hold the bucket together.
var structural = []string{
	"ID", "Type", "ParentEventID", "Tier", "ExpiresOn", "Status", "ActorClass", "Outcome", "Operation", "Convention", "Signal", "Writer", "CallID",
	"ActionHash", "SystemPromptHash", "ToolDefinitionsHash", "InputHistoryHash", "RedactionVersion", "Verdict",
}

// Fill puts a text into every member of an event that may hold one, if choose says so.
func Fill(events []event.Event, text string, choose func(*event.Event) bool) []event.Event {
	for i := range events {
		if choose == nil || choose(&events[i]) {
			fill(reflect.ValueOf(&events[i]).Elem(), text)
			e := &events[i]
			for _, v := range []*event.JSON{&e.Params, &e.Result, &e.Input, &e.Output, &e.Handoff.Context} {
				*v = event.AnyJSON(text)
			}
		}
	}
	return events
}

func fill(v reflect.Value, text string) {
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i).Name
		switch {
		case !field.CanSet() || slices.Contains(structural, name):
		case field.Kind() == reflect.String && field.Type() == reflect.TypeFor[string]():
			field.SetString(text)
		case field.Kind() == reflect.Struct:
			fill(field, text)
		}
	}
}

func escape(s string) string { return url.PathEscape(s) }
