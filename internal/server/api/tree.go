package api

import (
	"context"
	"time"

	"github.com/eljefe/eljefe/internal/fault"
	"github.com/eljefe/eljefe/internal/store"
)

// TreeNode is a process of a tree, with what a row of it shows.
type TreeNode struct {
	Process     string     `json:"process" doc:"what /processes/{id} takes"`
	Parent      string     `json:"parent" doc:"id of the process in the tree it hangs from"`
	Depth       int        `json:"depth" doc:"1 for a child"`
	PID         uint32     `json:"pid"`
	Image       string     `json:"image,omitempty"`
	CommandLine string     `json:"command_line,omitempty" doc:"its first 300 characters"`
	Truncated   bool       `json:"truncated,omitempty" doc:"the command line is longer"`
	User        string     `json:"user,omitempty"`
	Started     time.Time  `json:"started"`
	Stopped     *time.Time `json:"stopped,omitempty"`
	ExitCode    *uint32    `json:"exit_code,omitempty"`
	Integrity   string     `json:"integrity,omitempty"`
	BinaryID    int64      `json:"binary_id"`
	Prevalence  int64      `json:"prevalence" doc:"stations that have run the binary"`
	Children    int64      `json:"children" doc:"how many it has, on other pages and deeper than asked for too"`
}

func treeNodeJSON(n *store.TreeNode) TreeNode {
	j := TreeNode{
		Process: n.Ref.String(), Parent: n.Parent.String(), Depth: n.Depth, PID: n.PID, Image: n.Image, CommandLine: n.CommandLine, Truncated: n.Truncated,
		User: n.User, Started: n.Ref.Started, ExitCode: n.ExitCode, Integrity: string(n.Integrity), BinaryID: n.BinaryID, Prevalence: n.Prevalence, Children: n.Children,
	}
	if !n.Stopped.IsZero() {
		j.Stopped = &n.Stopped
	}
	return j
}

type treeInput struct {
	ProcessInput
	Limit  int    `query:"limit" minimum:"1" maximum:"5000" default:"2000"`
	Depth  int    `query:"depth" minimum:"1" maximum:"64" default:"64" doc:"how far down; 1 gives the children"`
	Cursor string `query:"cursor" maxLength:"128" doc:"next of the page before"`
}

type treeOutput struct {
	Body struct {
		Nodes []TreeNode `json:"nodes" doc:"in the order of their starts, so that each stands behind its parent"`
		Next  string     `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`

		Coverage Coverage `json:"coverage" doc:"of its station since the process began"`
	}
}

func (a *API) getTree(ctx context.Context, in *treeInput) (*treeOutput, error) {
	ref, err := store.ParseProcessRef(in.ID)
	if err != nil {
		return nil, err
	}
	after, err := parseTreeCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	var list []store.TreeNode
	var more bool
	out := &treeOutput{}
	out.Body.Coverage, err = a.covered(ctx, known(a.question(ref.Started, time.Time{}, ref.Station)), func(ctx context.Context) (err error) {
		list, more, err = a.Store.Tree(ctx, ref, after, in.Depth, in.Limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Body.Nodes = make([]TreeNode, len(list))
	for i := range list {
		out.Body.Nodes[i] = treeNodeJSON(&list[i])
	}
	if more {
		out.Body.Next = list[len(list)-1].Ref.String()
	}
	return out, nil
}

// parseTreeCursor reads the cursor of a tree's page: the last process of the
// page before.
func parseTreeCursor(cursor string) (after store.ProcessRef, err error) {
	if cursor == "" {
		return after, nil
	}
	if after, err = store.ParseProcessRef(cursor); err != nil {
		return after, fault.Invalidf("the cursor is not one of ours; begin without one").Coded("cursor_unknown")
	}
	return after, nil
}
