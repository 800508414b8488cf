/** The parts of the dashboard JSON (schema version 1) that the page uses. */
import {
  type AnnotationQuery,
  type DataSourceRef,
  type DataTransformerConfig,
  type FieldConfigSource,
  type VariableHide,
  type VariableRefresh,
  type VariableSort,
} from '@grafana/data';
import { type SceneDataQuery } from '@grafana/scenes';

export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface LinkModel {
  title?: string;
  url?: string;
  targetBlank?: boolean;
}

export interface PanelModel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos?: GridPos;
  datasource?: DataSourceRef | null;
  targets?: SceneDataQuery[];
  options?: Record<string, unknown>;
  fieldConfig?: FieldConfigSource;
  transformations?: DataTransformerConfig[];
  transparent?: boolean;
  links?: LinkModel[];
  interval?: string;
  maxDataPoints?: number;
  /** The variable that the panel or row is repeated for. */
  repeat?: string | null;
  repeatDirection?: 'h' | 'v';
  maxPerRow?: number;
  /** Only for rows. */
  collapsed?: boolean;
  panels?: PanelModel[];
}

export interface VariableOption {
  text?: string | string[];
  value?: string | string[];
}

export interface VariableModel {
  type: string;
  name: string;
  label?: string | null;
  description?: string | null;
  hide?: VariableHide;
  query?: unknown;
  current?: VariableOption;
  options?: VariableOption[];
  datasource?: DataSourceRef | null;
  regex?: string;
  sort?: VariableSort;
  refresh?: VariableRefresh;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  allowCustomValue?: boolean;
  skipUrlSync?: boolean;
  auto?: boolean;
  auto_count?: number;
  auto_min?: string;
}

export interface DashboardLinkModel extends LinkModel {
  type: 'link' | 'dashboards';
  tags?: string[];
  tooltip?: string;
  icon?: string;
  keepTime?: boolean;
  asDropdown?: boolean;
  includeVars?: boolean;
}

export interface DashboardModel {
  uid: string;
  title: string;
  description?: string;
  tags?: string[];
  time?: { from: string; to: string };
  timezone?: string;
  refresh?: string | false;
  timepicker?: { refresh_intervals?: string[]; hidden?: boolean };
  graphTooltip?: 0 | 1 | 2;
  templating?: { list?: VariableModel[] };
  panels?: PanelModel[];
  links?: DashboardLinkModel[];
  annotations?: { list?: AnnotationQuery[] };
}
