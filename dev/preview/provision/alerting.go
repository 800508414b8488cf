package provision

import "path/filepath"

// Rule is an alert rule of alerting/*.yaml. The preview lists rules but does not evaluate them.
type Rule struct {
	UID          string            `json:"uid"`
	Title        string            `json:"title"`
	Group        string            `json:"ruleGroup"`
	Folder       string            `json:"folder"`
	Interval     string            `json:"interval"`
	For          string            `json:"for"`
	NoDataState  string            `json:"noDataState"`
	ExecErrState string            `json:"execErrState"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
}

type ruleFile struct {
	Groups []struct {
		Name     text `yaml:"name"`
		Folder   text `yaml:"folder"`
		Interval text `yaml:"interval"`
		Rules    []struct {
			UID          text  `yaml:"uid"`
			Title        text  `yaml:"title"`
			For          text  `yaml:"for"`
			NoDataState  text  `yaml:"noDataState"`
			ExecErrState text  `yaml:"execErrState"`
			Labels       texts `yaml:"labels"`
			Annotations  texts `yaml:"annotations"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

// Rules reads alerting/*.yaml in a provisioning folder.
func Rules(folder string) ([]Rule, error) {
	files, err := readAll[ruleFile](filepath.Join(folder, "alerting"))
	if err != nil {
		return nil, err
	}
	rules := []Rule{}
	for _, file := range files {
		for _, group := range file.Groups {
			for _, rule := range group.Rules {
				rules = append(rules, Rule{
					UID: string(rule.UID), Title: string(rule.Title), Group: string(group.Name), Folder: string(group.Folder),
					Interval: string(group.Interval), For: string(rule.For), NoDataState: string(rule.NoDataState),
					ExecErrState: string(rule.ExecErrState), Labels: rule.Labels, Annotations: rule.Annotations,
				})
			}
		}
	}
	return rules, nil
}
