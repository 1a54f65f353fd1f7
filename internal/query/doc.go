// Package query is the filter language: one language for the filter bar, the
// API's q parameter, exports, saved searches and the address bar.
//
// A query is made of terms. A term is field:value, or a bare word or "quoted
// phrase", which is looked for in the image and the command line. Terms that
// stand side by side must all hold; AND, OR and NOT (in upper case) and
// parentheses combine them, NOT binding closest and OR least; a leading - is
// NOT. A list, field:(a OR b), holds if one of its values does. An empty query
// holds for every event.
//
//	image:*\temp\*.exe user:bob -signed:true
//	command_line:"-enc" started:>2026-11-20T08:00 write_ops:>=1000
//	name:(psexec.exe OR psexesvc.exe) prevalence:1..3 NOT user:SYSTEM
//
// # Writing values
//
// A value ends at white space, a parenthesis or a quote; in quotes it may
// contain all of them. A backslash is an ordinary character, so that paths are
// written as they are: image:*\temp\*.exe, image:"C:\Program Files\*",
// "\\server\share". Only backslashes that stand directly before a quote, inside
// quotes, are special, as on the Windows command line: \" is a quote, \\ before
// the closing quote is one backslash: "C:\Program Files\\".
//
// In text, * stands for any number of characters and ? for exactly one, inside
// quotes too. The characters themselves are written [*] and [?], and [[] is a [
// where it would otherwise begin one of these three. Any other [ is ordinary.
//
// # What values mean
//
// Text compares without regard to case; only the letters A to Z have case here,
// so that the answer does not depend on a database's locale. What is compared
// depends on the field (Field.Match):
//
//   - Equal: the whole value.
//   - Contains: a value without * is found anywhere in the text; ? alone does
//     not change that. A value with * is the whole text: command_line:*.ps1.
//   - Path: a value without \, / or : is the file name (image:cmd.exe,
//     image:power*.exe) unless it begins with *; any other is the whole path.
//   - Directory: as Path, and a trailing separator does not matter.
//   - Account: the whole name, or the part after the last backslash.
//
// Numbers are decimal or 0x-hexadecimal. Sizes take B, kB, MB, GB, TB (powers of
// 1,000) and KiB, MiB, GiB, TiB. Durations are like 500ms, 1m30s, 2h, 3d, and need
// a unit, except for fields whose name ends in _us. Times are RFC 3339, in full or
// cut after the day, the minute or the second, in UTC unless they name a zone; or
// relative to now, as -24h or now-7d. A time stands for the whole span that it
// names: time:2026-11-20 is that day, time:>2026-11-20 begins with the next.
// All these take >, >=, <, <=, = and != before the value, and ranges a..b that
// include both ends (a.. and ..b are open). So does integrity.
//
// Hashes are hexadecimal; at least 6 digits, a part is compared with the beginning.
// Booleans are true or false, yes or no.
//
// # What is not known
//
// field:"" holds where the value is empty or not known, field:* where it is
// known. Any other term is false for a value that is not known, != included,
// and its negation is true: -exit_code:0 includes running processes, which
// exit_code:!=0 does not.
//
// The package knows neither network nor database. Package store makes SQL of a
// Query; a test there holds that SQL and Predicate choose the same events.
package query
