import { css } from '@emotion/css';
import { type GrafanaTheme2 } from '@grafana/data';
import { Field, IconButton, useStyles2 } from '@grafana/ui';
import { type ReactElement } from 'react';

interface Props {
  label: string;
  /** Help, behind a button beside the label. */
  tooltip?: string;
  invalid?: boolean;
  error?: string;
  /** The control. The label belongs to it by its id, or by the id in `aria-labelledby` that `labelId` returns. */
  children: ReactElement<{ id?: string }>;
}

/** The id of the label of a control. A MultiCombobox needs it, because Grafana 12.3 does not pass the id on to its input. */
export const labelId = (controlId: string) => `${controlId}-label`;

/** A field of a query editor, like that of @grafana/plugin-ui, whose help can be focused but has no name for screen readers. */
export function EditorField({ label, tooltip, children, ...field }: Props) {
  const styles = useStyles2(getStyles);
  const { id } = children.props;
  return (
    <Field
      noMargin
      label={
        <div className={styles.label}>
          <label id={id && labelId(id)} htmlFor={id}>
            {label}
          </label>
          {tooltip !== undefined && <IconButton name="info-circle" size="sm" type="button" tooltip={tooltip} />}
        </div>
      }
      {...field}
    >
      {children}
    </Field>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  label: css({
    display: 'flex',
    gap: theme.spacing(1),
    marginBottom: theme.spacing(0.5),
    fontSize: theme.typography.bodySmall.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
  }),
});
