package sigma

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// with returns a rule whose detection is text, from line 7 on.
func with(detection string) string {
	return "title: A rule\nid: 11111111-2222-3333-4444-555555555555\nlevel: high\nlogsource:\n  category: process_creation\ndetection:\n" + detection
}

// A rule that cannot be used is refused with its line and the reason.
func TestRefused(t *testing.T) {
	const selection = "  s:\n    Image: a\n  condition: "
	for name, test := range map[string]struct {
		text   string
		line   int
		reason string
	}{
		"unknown modifier":        {with("  s:\n    Image|endwith: a\n  condition: s\n"), 8, `the modifier "endwith" in Image|endwith is unknown`},
		"catastrophic expression": {with("  s:\n    Image|re:\n      - ok\n      - '^(a+)+$'\n  condition: s\n"), 10, "exponentially"},
		"look around":             {with("  s:\n    Image|re: 'a(?=b)'\n  condition: s\n"), 8, "looks around"},
		"large file":              {strings.Repeat("# x\n", 1<<18), 131073, "longer than 524288 bytes"},
		"invalid YAML":            {"title: a\n  b: [\n", 2, "not YAML"},
		"a tab":                   {"title: a\ndetection:\n\tx: y\n", 3, "not YAML"},
		"not UTF-8":               {"title: a\ntitle: \xff\n", 2, "not UTF-8"},
		"nothing":                 {"---\n---\n", 0, "holds no rule"},
		"a list":                  {"- a\n", 1, "must be a map"},
		"no title":                {"id: 11111111-2222-3333-4444-555555555555\n", 1, "no title"},
		"bad id":                  {"title: a\nid: one\n", 2, "not a UUID"},
		"bad level":               {"title: a\nlevel: severe\n", 2, `the level "severe" is unknown`},
		"nothing to look for":     {"title: a\n", 1, "nothing to look for"},
		"two kinds":               {with("  s:\n    Image: a\n  condition: s\nfilter: {}\n"), 1, "divide it"},
		"old collection":          {"title: a\naction: global\n", 2, "before version 2"},
		"no logsource":            {"title: a\ndetection:\n  s: {Image: a}\n  condition: s\n", 1, "no logsource"},
		"empty logsource":         {"title: a\nlogsource: {definition: x}\ndetection:\n  s: {Image: a}\n  condition: s\n", 2, "neither category"},
		"no condition":            {with("  s:\n    Image: a\n"), 6, "no condition"},
		"no selection":            {with("  condition: s\n"), 7, "no selection"},
		"twice the same field":    {with("  s:\n    Image: a\n    Image: b\n  condition: s\n"), 9, `"Image" stands twice in s, first on line 8`},
		"twice the same part":     {with("  s: {Image: a}\n  s: {Image: b}\n  condition: s\n"), 8, "stands twice"},
		"unknown selection":       {with(selection + "s and t\n"), 9, `names "t"`},
		"nothing of":              {with(selection + "1 of t*\n"), 9, "no selection is called t*"},
		"of what":                 {with(selection + "1 of\n"), 9, "of nothing"},
		"how many of":             {with(selection + "2 of s*\n"), 9, `"2" of`},
		"open parenthesis":        {with(selection + "(s\n"), 9, "not closed"},
		"trailing word":           {with(selection + "s s\n"), 9, `"s" in the condition is not expected`},
		"ends early":              {with(selection + "s and\n"), 9, "ends where"},
		"empty condition":         {with(selection + "''\n"), 9, "is empty"},
		"old aggregation":         {with(selection + "s | count() > 5\n"), 9, "behind a |"},
		"old timeframe":           {with("  s: {Image: a}\n  timeframe: 5m\n  condition: s\n"), 8, "timeframe"},
		"deep condition":          {with(selection + strings.Repeat("not ", 100) + "s\n"), 9, "nested"},
		"empty list":              {with("  s:\n    Image: []\n  condition: s\n"), 8, "empty list"},
		"empty map":               {with("  s: {}\n  condition: s\n"), 7, "is empty"},
		"map as value":            {with("  s:\n    Image:\n      a: b\n  condition: s\n"), 9, "must be a text or a list"},
		"list in list":            {with("  s:\n    Image: [[a]]\n  condition: s\n"), 8, "it is a list"},
		"bare |":                  {with("  s:\n    'Image|': a\n  condition: s\n"), 8, "without a modifier"},
		"flag without re":         {with("  s:\n    Image|i: a\n  condition: s\n"), 8, "must stand behind re"},
		"two places":              {with("  s:\n    Image|startswith|endswith: a\n  condition: s\n"), 8, "cannot both"},
		"re and contains":         {with("  s:\n    Image|re|contains: a\n  condition: s\n"), 8, "no meaning together"},
		"re and cidr":             {with("  s:\n    Image|re|cidr: a\n  condition: s\n"), 8, "cannot stand with"},
		"base64 of wildcards":     {with("  s:\n    Image|base64: 'a*'\n  condition: s\n"), 8, "wildcards"},
		"many dashes":             {with("  s:\n    Image|windash: '-a -b -c -d -e -f'\n  condition: s\n"), 8, "more than 5 dashes"},
		"short offset":            {with("  s:\n    Image|base64offset: ''\n  condition: s\n"), 8, "too short"},
		"no network":              {with("  s:\n    Image|cidr: 10.0.0.0/99\n  condition: s\n"), 8, "not a network"},
		"no number":               {with("  s:\n    ProcessId|gt: many\n  condition: s\n"), 8, "not a number"},
		"NaN":                     {with("  s:\n    ProcessId|gt: nan\n  condition: s\n"), 8, "not a number"},
		"no hour":                 {with("  s:\n    UtcTime|hour: 24\n  condition: s\n"), 8, "from 0 to 23"},
		"exists perhaps":          {with("  s:\n    Image|exists: perhaps\n  condition: s\n"), 8, "true or false"},
		"null in contains":        {with("  s:\n    Image|contains: null\n  condition: s\n"), 8, "null"},
		"keyword exists":          {with("  s:\n    '|exists': true\n  condition: s\n"), 8, "about no field"},
		"placeholder":             {with("  s:\n    Image|expand: '%Tools%'\n  condition: s\n"), 8, "no list for the placeholder %Tools%"},
		"half a placeholder":      {with("  s:\n    Image|expand: '100%'\n  condition: s\n"), 8, "begins no placeholder"},
		"large lists":             {with("  s:\n    Image|expand: '" + strings.Repeat("%Many%", 5) + "'\n  condition: s\n"), 8, "more than 20000 values"},
		"an alias of itself":      {with("  s: &x\n    Image: [*x]\n  condition: s\n"), 7, "it is a map"},
		"merge":                   {with("  s:\n    <<: {Image: a}\n  condition: s\n"), 8, "merge key"},
		"taxonomy":                {"title: a\ntaxonomy: ecs\n", 2, "taxonomy"},
	} {
		r := &Reader{Lists: map[string][]string{"Many": strings.Split(strings.Repeat("a ", 30), " ")[:30]}}
		begun := time.Now()
		docs, errs := r.Read("rule.yml", []byte(test.text))
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if len(docs) != 0 || len(errs) != 1 {
			t.Errorf("%s: %d documents, %v", name, len(docs), errs)
			continue
		}
		if e := errs[0]; e.Line != test.line || !strings.Contains(e.Reason, test.reason) {
			t.Errorf("%s: %v\nwant line %d: %s", name, e, test.line, test.reason)
		}
	}
}

// What is wrong with one document of a file does not touch the others.
func TestSeveralDocuments(t *testing.T) {
	text := with("  s: {Image: a}\n  condition: s\n") + "---\ntitle: bad\nlevel: severe\n---\n" + with("  s: {Image: b}\n  condition: s\n")
	docs, errs := (&Reader{}).Read("x.yml", []byte(text))
	if len(docs) != 2 || len(errs) != 1 || errs[0].Line != 11 || errs[0].Title != "bad" || docs[1].Line != 13 {
		t.Errorf("%d documents, %v", len(docs), errs)
	}
}

func TestHeader(t *testing.T) {
	docs, errs := (&Reader{}).Read("x.yml", []byte(`
title: A rule
id: 11111111-2222-3333-4444-ABCDEF555555
name: a_rule
status: test
description: |
  Two
  lines
references: [https://example.org/1, https://example.org/2]
author: [Ana, Bob]
license: DRL-1.1
date: 2026-11-20
modified: 2026/11/21
tags: attack.t1059
falsepositives: [Unlikely]
fields: [CommandLine]
custom: {anything: 1}
logsource: {product: Windows, category: process_creation, definition: text}
detection:
  keywords: [a, 'b*c', 7]
  condition: keywords
`))
	if len(errs) > 0 {
		t.Fatal(errs[0])
	}
	d := docs[0]
	got := fmt.Sprintf("%s %s %s %s %q %s %s %s %s %s %v %v %v %v %v", d.ID, d.Name, d.Title, d.Status, d.Description, d.Author, d.License, d.Date, d.Modified, d.Level, d.References, d.Tags, d.FalsePositives, d.Fields, d.Rule.Logsource)
	want := `11111111-2222-3333-4444-abcdef555555 a_rule A rule test "Two\nlines\n" Ana, Bob DRL-1.1 2026-11-20 2026/11/21 medium [https://example.org/1 https://example.org/2] [attack.t1059] [Unlikely] [CommandLine] {process_creation windows }`
	if got != want || d.Line != 2 {
		t.Errorf("line %d, got\n%s\nwant\n%s", d.Line, got, want)
	}
	if n := len(d.Rule.Items); n != 3 {
		t.Errorf("%d items", n)
	}
}

// Correlations and filters that make no sense are refused too.
func TestRefusedCorrelations(t *testing.T) {
	for body, reason := range map[string]string{
		"{type: event_count, rules: [a], timespan: 1m}":                                                   "no condition",
		"{type: event_count, rules: [a], condition: {gte: 5}}":                                            "no timespan",
		"{type: event_count, timespan: 1m, condition: {gte: 5}}":                                          "no rules",
		"{rules: [a], timespan: 1m}":                                                                      "no type",
		"{type: event_sum, rules: [a], timespan: 1m}":                                                     "event_sum",
		"{type: event_count, rules: [a], timespan: 1w, condition: {gte: 5}}":                              "the timespan",
		"{type: event_count, rules: [a], timespan: 99d, condition: {gte: 5}}":                             "between 1s and 30d",
		"{type: event_count, rules: [a], timespan: 1m, condition: {gte: many}}":                           "whole number",
		"{type: event_count, rules: [a], timespan: 1m, condition: {gte: 5, lt: 3}}":                       "5 at least and 2 at most",
		"{type: event_count, rules: [a], timespan: 1m, condition: {lt: 1002}}":                            "too great",
		"{type: event_count, rules: [a], timespan: 1m, condition: {lt: 0}}":                               "never the case",
		"{type: event_count, rules: [a], timespan: 1m, condition: {most: 5}}":                             `"most" is not known`,
		"{type: event_count, rules: [a], timespan: 1m, condition: {field: User, gte: 5}}":                 "value_count only",
		"{type: value_count, rules: [a], timespan: 1m, condition: {gte: 5}}":                              "must name the field",
		"{type: temporal_ordered, rules: [a, b], timespan: 1m, condition: {gte: 1}}":                      "leave the condition out",
		"{type: temporal, rules: [a, b], timespan: 1m, condition: {gte: 3}}":                              "2 rules",
		"{type: temporal, rules: [a], timespan: 1m, window: 5}":                                           `"window" is not known`,
		"{type: temporal, rules: any, timespan: 1m}":                                                      "must name its rules",
		"{type: temporal, rules: [a], timespan: 1m, group-by: [x], aliases: {x: {b: User}}}":              "not among",
		"{type: event_count, rules: [a], timespan: 1m, condition: {gte: 5}, generate: perhaps, other: 1}": "true or false",
	} {
		docs, errs := (&Reader{}).Read("c.yml", []byte("title: c\ncorrelation: "+body+"\n"))
		if len(docs) != 0 || len(errs) != 1 || errs[0].Line != 2 || !strings.Contains(errs[0].Reason, reason) {
			t.Errorf("%s: %v, want %q", body, errs, reason)
		}
	}
	for body, reason := range map[string]string{
		"{selection: {Image: a}, condition: selection}":            "no rules",
		"{rules: [], selection: {Image: a}, condition: selection}": "names no rule",
		"{rules: [a], selection: {Image: a}}":                      "no condition",
	} {
		_, errs := (&Reader{}).Read("f.yml", []byte("title: f\nfilter: "+body+"\n"))
		if len(errs) != 1 || !strings.Contains(errs[0].Reason, reason) {
			t.Errorf("%s: %v, want %q", body, errs, reason)
		}
	}
}

func TestReadTree(t *testing.T) {
	good := []byte(with("  s: {Image: a}\n  condition: s\n"))
	docs, errs, err := (&Reader{}).ReadTree(fstest.MapFS{
		"b/good.yml": {Data: good}, "a/also.YAML": {Data: good}, "b/bad.yml": {Data: []byte("title: [")}, "b/readme.md": {Data: []byte("[")},
		".git/x.yml": {Data: []byte("[")}, "b/.x.yml": {Data: []byte("[")}, "large.yml": {Data: bytes.Repeat([]byte("#\n"), MaxFile)},
	})
	if err != nil || len(docs) != 2 || docs[0].File != "a/also.YAML" || len(errs) != 2 || errs[0].File != "b/bad.yml" || errs[1].File != "large.yml" {
		t.Errorf("%d documents, %v, %v", len(docs), errs, err)
	}
}

// Reading never fails otherwise than by an error, whatever the text.
func FuzzRead(f *testing.F) {
	f.Add([]byte(with("  s:\n    Image|contains|windash|all: [' -a*', /b]\n    User: null\n  k: [x]\n  condition: 1 of s* and not (k or s)\n")))
	f.Add([]byte("title: c\ncorrelation: {type: temporal, rules: [a], timespan: 1m, group-by: [User]}\n---\ntitle: f\nfilter: {rules: any, s: {Image: a}, condition: not s}\n"))
	f.Add([]byte(with("  s: &x\n    Image|re|i: '(a|b)*'\n  t: *x\n  condition: all of them\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, errs := (&Reader{Lists: map[string][]string{"L": {"a"}}}).Read("x.yml", data)
		if len(docs)+len(errs) == 0 {
			t.Error("nothing is said")
		}
		for _, e := range errs {
			if e.Reason == "" || e.Line < 0 {
				t.Errorf("%+v", e)
			}
		}
	})
}
