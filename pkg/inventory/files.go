package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/falco-metrics/falco-metrics-datasource/pkg/executor"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/request"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/target"
	"github.com/falco-metrics/falco-metrics-datasource/pkg/wording"
)

// FileDifferences returns, for a column of files, how each node differs from the majority of its cluster: which files it
// lacks, has besides, or has with other contents. Nodes that do not differ are left out, and all where there is no majority.
func FileDifferences(ctx context.Context, r *request.Request, qc *request.QueryContext, s executor.Scope, column string) (map[target.Node]string, error) {
	out := map[target.Node]string{}
	for _, c := range r.Catalogue.Inventory {
		if c.ID != column {
			continue
		}
		rows := newItems(s)
		if _, err := fill(ctx, r, qc, s, c, rows); err != nil {
			return nil, err
		}
		for _, of := range byCluster(rows) {
			var values []string
			for _, row := range of {
				if text := row.text(c); text != "" {
					values = append(values, text)
				}
			}
			common, _ := majority(values)
			for _, row := range of {
				if text := row.text(c); common != "" && text != "" && text != common {
					out[target.NodeOf(row.Labels)] = compareFiles(filesOf(text), filesOf(common))
				}
			}
		}
	}
	return out, nil
}

// filesOf reads the cell of a column of files: "a.yaml 1f0c…, b.yaml 77b2…".
func filesOf(cell string) map[string]string {
	files := map[string]string{}
	for part := range strings.SplitSeq(cell, ", ") {
		name, digest, _ := strings.Cut(part, " ")
		files[name] = digest
	}
	return files
}

func compareFiles(own, common map[string]string) string {
	var missing, changed, extra []string
	for name, digest := range common {
		if found, ok := own[name]; !ok {
			missing = append(missing, name)
		} else if found != digest {
			changed = append(changed, name)
		}
	}
	for name := range own {
		if _, ok := common[name]; !ok {
			extra = append(extra, name)
		}
	}
	var parts []string
	for _, p := range []struct {
		what  string
		names []string
	}{{"Missing", missing}, {"Different contents", changed}, {"Only here", extra}} {
		if len(p.names) > 0 {
			slices.Sort(p.names)
			parts = append(parts, fmt.Sprintf("%s: %s.", p.what, wording.List(p.names)))
		}
	}
	return strings.Join(parts, " ")
}
