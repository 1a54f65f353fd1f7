// Command eljefe-agent records the processes of a station and reports them to
// an El Jefe server.
//
// Settings come from flags, from environment variables called ELJEFE_AGENT_ and
// the flag's name, and from the configuration file, in this order.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"unicode"

	"github.com/alecthomas/kong"

	"github.com/eljefe/eljefe/internal/fault"
)

// version is set by the linker.
var version = "development"

// Where an installed agent has its things.
const (
	systemState  = "/var/lib/eljefe-agent"
	systemConfig = "/etc/eljefe-agent/config.json"
)

// app is the command line.
type app struct {
	StateDir  string `help:"Folder for the station's key and the events that wait." type:"path" default:"${state_dir}"`
	LogFormat string `help:"Form of the log on standard error: ${enum}." enum:"text,json" default:"text"`
	LogLevel  string `help:"What is logged: ${enum}." enum:"debug,info,warn,error" default:"info"`

	Run       runCommand       `cmd:"" help:"Record and report, in the foreground."`
	Install   installCommand   `cmd:"" help:"Install or upgrade the agent on this station, and start it."`
	Uninstall uninstallCommand `cmd:"" help:"Stop the agent and remove it; its state stays."`
	Status    statusCommand    `cmd:"" help:"Say how the agent is; the exit code is 0 if it is well."`
	Selftest  selftestCommand  `cmd:"" help:"Start a harmless process and see whether each way of seeing processes sees it."`
	Canary    canaryCommand    `cmd:"" hidden:""`
	Version   versionCommand   `cmd:"" help:"Print the version."`

	out io.Writer
	err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// usageError is wrapped by errors about settings, which trying again cannot mend.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// run runs one command and returns the exit code: 0, 1 for a failure, 2 for a
// command line or a configuration that is wrong.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	a := &app{out: out, err: errOut}
	exited := -1
	parser, err := kong.New(a,
		kong.Name("eljefe-agent"), kong.Description("Record the processes of this station and report them to an El Jefe server."),
		kong.DefaultEnvars("ELJEFE_AGENT"), kong.Vars{"state_dir": defaultStateDir(), "config": systemConfig},
		kong.Writers(out, errOut), kong.Exit(func(code int) { exited = code }),
		kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(a),
	)
	if err != nil {
		panic(err) // the struct above is wrong
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(errOut, "eljefe-agent: %s\n", printable(err.Error()))
		fmt.Fprintln(errOut, `Try "eljefe-agent --help".`)
		return 2
	}
	if err := parsed.Run(); err != nil {
		fmt.Fprintf(errOut, "eljefe-agent: %s\n", printable(forPeople(err)))
		if _, usage := errors.AsType[usageError](err); usage {
			return 2
		}
		return 1
	}
	return 0
}

// defaultStateDir is the system's for root and the user's own otherwise.
func defaultStateDir() string {
	if os.Geteuid() == 0 {
		return systemState
	}
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "eljefe-agent")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "eljefe-agent-state"
	}
	return filepath.Join(home, ".local", "state", "eljefe-agent")
}

// log returns the logger that the flags ask for, which writes to w.
func (a *app) log(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.LogLevel)); err != nil {
		panic(err) // kong has checked it
	}
	options := &slog.HandlerOptions{Level: level}
	if a.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// printable makes text from a server or a file harmless on a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// forPeople returns what a user should read of an error.
func forPeople(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind != fault.Internal {
		return e.Message
	}
	return err.Error()
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(a *app) error {
	fmt.Fprintln(a.out, "eljefe-agent", version)
	return nil
}
