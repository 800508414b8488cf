import { css } from '@emotion/css';
import {
  cacheFieldDisplayNames,
  getFrameDisplayName,
  FieldType,
  type DataFrame,
  type GrafanaTheme2,
  type PanelProps,
} from '@grafana/data';
import { TableCellHeight, type TableSortByFieldState } from '@grafana/schema';
import { Select, useStyles2 } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { definePanel } from './define';
import { EmptyPanel, isEmpty } from './empty';

interface Options {
  frameIndex: number;
  showHeader: boolean;
  showTypeIcons: boolean;
  sortBy?: TableSortByFieldState[];
  cellHeight: TableCellHeight;
  enablePagination: boolean;
  frozenColumns?: { left?: number };
}

/** Height in pixels of the frame picker below the table. */
const CHOICE_HEIGHT = 40;

function TablePanel(props: PanelProps<Options>) {
  const styles = useStyles2(getStyles);
  const { data, width, height, options, onOptionsChange } = props;
  const frames = data.series.filter((frame) => frame.fields.length > 0);
  const frame = frames[Math.min(options.frameIndex, frames.length - 1)];
  if (!frame || isEmpty(data)) {
    return <EmptyPanel {...props} />;
  }
  cacheFieldDisplayNames(frames);
  const choice = frames.length > 1;
  // Grafana 13 renamed initialSortBy to sortBy.
  const sorting = { initialSortBy: options.sortBy, sortBy: options.sortBy };
  return (
    <div className={styles.column}>
      <TableNG
        ariaLabel={props.title}
        data={frame}
        width={width}
        height={choice ? height - CHOICE_HEIGHT : height}
        noHeader={!options.showHeader}
        showTypeIcons={options.showTypeIcons}
        {...sorting}
        onSortByChange={(sortBy) => onOptionsChange({ ...options, sortBy })}
        cellHeight={options.cellHeight}
        enablePagination={options.enablePagination}
        frozenColumns={options.frozenColumns?.left}
        structureRev={data.structureRev}
        fieldConfig={props.fieldConfig}
        timeRange={data.timeRange}
        transparent={props.transparent}
        resizable={true}
      />
      {choice && (
        <Select
          aria-label="Frame"
          value={frames.indexOf(frame)}
          options={frames.map((frame, value) => ({ value, label: frameName(frame) }))}
          onChange={({ value = 0 }) => onOptionsChange({ ...options, frameIndex: value })}
        />
      )}
    </div>
  );
}

/** The display name of a series, or the name of a frame with several values. */
function frameName(frame: DataFrame): string {
  const values = frame.fields.filter(({ type }) => type !== FieldType.time);
  return values.length === 1
    ? (values[0]?.state?.displayName ?? getFrameDisplayName(frame))
    : getFrameDisplayName(frame);
}

function getStyles(theme: GrafanaTheme2) {
  return {
    column: css({
      height: '100%',
      display: 'flex',
      flexDirection: 'column',
      justifyContent: 'space-between',
      gap: theme.spacing(1),
    }),
  };
}

export const table = () =>
  definePanel<Options>('table', {
    component: TablePanel,
    noPadding: false,
    options: {
      frameIndex: 0,
      showHeader: true,
      showTypeIcons: false,
      cellHeight: TableCellHeight.Sm,
      enablePagination: false,
    },
    custom: {
      align: 'auto',
      width: undefined,
      minWidth: undefined,
      cellOptions: { type: 'auto' },
      inspect: false,
      filterable: false,
      'hideFrom.viz': undefined,
      wrapText: undefined,
      wrapHeaderText: undefined,
      tooltip: undefined,
      footer: undefined,
    },
  });
