package provision_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/falco-metrics/falco-metrics-datasource/dev/preview/provision"
)

func write(t *testing.T, root, name, content string) string {
	t.Helper()
	path := filepath.Join(root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func TestDataSourcesExpandVariablesAsGrafanaDoes(t *testing.T) {
	root := t.TempDir()
	t.Setenv("FLEET", "127.0.0.1")
	t.Setenv("HOURS", "12")
	t.Setenv("EDITABLE", "true")
	t.Setenv("SECRET", "s3cret")
	token := write(t, root, "token", "from a file\n")
	write(t, root, "datasources/falco.yaml", `
apiVersion: 1
datasources:
  - name: Falco
    uid: falco
    type: falco-metrics-datasource
    editable: $EDITABLE
    jsonData:
      targets: [{ url: 'http://${FLEET}:28760/targets', labels: { cost: '$$5', unset: '$NOT_SET' } }]
      history: { hours: $HOURS, megabytes: 64 }
      quoted: 'v$$12'
    secureJsonData:
      password: a$$b-$SECRET
      header: $__env{SECRET}
      token: $__file{`+token+`}
  - { name: Prometheus, type: prometheus }
`)
	now := time.UnixMilli(1_700_000_000_000)
	sources, err := provision.DataSources(root, now)
	require.NoError(t, err)
	require.Len(t, sources, 2)
	require.JSONEq(t, `{
		"targets": [{ "url": "http://127.0.0.1:28760/targets", "labels": { "cost": "$5", "unset": "" } }],
		"history": { "hours": 12, "megabytes": 64 },
		"quoted": "v$12"
	}`, string(sources[0].JSONData))
	require.Equal(t, map[string]string{"password": "a$b-s3cret", "header": "s3cret", "token": "from a file"}, sources[0].SecureJSONData)
	require.True(t, sources[0].Editable)
	require.Equal(t, now, sources[0].Updated)
	require.Equal(t, int64(1), sources[1].OrgID)
	require.Equal(t, "{}", string(sources[1].JSONData))
	require.Equal(t, "PBFA97CFB590B2093", sources[1].UID)
}

func TestDataSourceMistakes(t *testing.T) {
	for name, test := range map[string]struct{ content, message string }{
		"no type":      {`datasources: [{ name: A }]`, `a data source needs a name and a type, found name "A" and type ""`},
		"same uid":     {`datasources: [{ name: A, type: t, uid: x }, { name: B, type: t, uid: x }]`, `uid "x" is used by "A" and by "B"; change one of them`},
		"not a truth":  {`datasources: [{ name: A, type: t, editable: perhaps }]`, `line 1: expected true or false, found "perhaps"`},
		"missing file": {`datasources: [{ name: A, type: t, secureJsonData: { p: '$__file{/nowhere}' } }]`, `$__file{/nowhere}: cannot read the file: open /nowhere: no such file or directory`},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			write(t, root, "datasources/a.yaml", test.content)
			_, err := provision.DataSources(root, time.Now())
			require.ErrorContains(t, err, test.message)
		})
	}
}

func TestDashboardsOfAProvider(t *testing.T) {
	root := t.TempDir()
	t.Setenv("BOARDS", filepath.Join(root, "boards"))
	write(t, root, "dashboards/falco.yaml", `
apiVersion: 1
providers: [{ name: falco, folder: Falco, type: file, options: { path: $BOARDS } }]
`)
	write(t, root, "boards/overview.json", `{ "uid": "overview", "title": "Falco overview", "tags": ["falco"] }`)
	write(t, root, "boards/deep/nameless.json", `{ "title": "Without a uid" }`)
	write(t, root, "boards/readme.md", `no dashboard`)
	dashboards, err := provision.Dashboards(root)
	require.NoError(t, err)
	require.Len(t, dashboards, 2)
	require.Equal(t, "nameless", dashboards[0].UID)
	require.Equal(t, "overview", dashboards[1].UID)
	require.Equal(t, "Falco", dashboards[1].Folder)
	require.Equal(t, []string{"falco"}, dashboards[1].Tags)
}

func TestDashboardMistakes(t *testing.T) {
	root := t.TempDir()
	write(t, root, "dashboards/falco.yaml", `providers: [{ name: falco }]`)
	_, err := provision.Dashboards(root)
	require.ErrorContains(t, err, `provider "falco": expected options.path, the folder of its dashboards; an unset variable is empty`)

	write(t, root, "dashboards/falco.yaml", `providers: [{ name: falco, options: { path: `+root+`/boards } }]`)
	write(t, root, "boards/broken.json", `{`)
	_, err = provision.Dashboards(root)
	require.ErrorContains(t, err, `broken.json: expected a dashboard in JSON: unexpected end of JSON input`)
}

func TestRulesAreListed(t *testing.T) {
	root := t.TempDir()
	write(t, root, "alerting/falco.yaml", `
apiVersion: 1
groups:
  - name: falco
    folder: Falco
    interval: 1m
    rules:
      - uid: drops
        title: Kernel drops
        for: 5m
        noDataState: OK
        labels: { severity: warning }
        annotations: { summary: '{{ $$labels.node }} drops events' }
`)
	rules, err := provision.Rules(root)
	require.NoError(t, err)
	require.Equal(t, []provision.Rule{{
		UID: "drops", Title: "Kernel drops", Group: "falco", Folder: "Falco", Interval: "1m", For: "5m", NoDataState: "OK",
		Labels: map[string]string{"severity": "warning"}, Annotations: map[string]string{"summary": "{{ $labels.node }} drops events"},
	}}, rules)
}

func TestAnEmptyFolderIsFine(t *testing.T) {
	root := t.TempDir()
	sources, err := provision.DataSources(root, time.Now())
	require.NoError(t, err)
	require.Empty(t, sources)
	dashboards, err := provision.Dashboards(root)
	require.NoError(t, err)
	require.Empty(t, dashboards)
}
