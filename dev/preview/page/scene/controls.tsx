/** The controls of a dashboard: variables on the left, links and time range on the right. */
import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { SceneObjectBase, type SceneComponentProps, type SceneObject, type SceneObjectState } from '@grafana/scenes';
import { useStyles2 } from '@grafana/ui';

interface ControlsState extends SceneObjectState {
  left: SceneObject[];
  right: SceneObject[];
}

export class Controls extends SceneObjectBase<ControlsState> {
  static Component = ControlsLine;
}

function ControlsLine({ model }: SceneComponentProps<Controls>) {
  const styles = useStyles2(getStyles);
  const { left, right } = model.useState();
  const draw = (object: SceneObject) => <object.Component key={object.state.key} model={object} />;
  return (
    <div className={styles.line}>
      <div className={styles.left}>{left.map(draw)}</div>
      <div className={styles.right}>{right.map(draw)}</div>
    </div>
  );
}

function getStyles(theme: GrafanaTheme2) {
  const group = { display: 'flex', gap: theme.spacing(1) };
  return {
    line: css({ ...group, width: '100%', alignItems: 'flex-start', justifyContent: 'space-between' }),
    left: css({ ...group, flexWrap: 'wrap', minWidth: 0 }),
    right: css({ ...group, flexShrink: 0 }),
  };
}
