import { css } from '@emotion/css';
import { CoreApp } from '@grafana/data';
import { RadioButtonGroup, Text, useStyles2 } from '@grafana/ui';
import { t } from '../../i18n';
import { listQueryTypes, type QueryType } from './queryTypes';

interface Props {
  queryType: QueryType;
  app: CoreApp | undefined;
  onChange: (queryType: QueryType) => void;
}

/** The query type, with one line that explains it. */
export function QueryTypePicker({ queryType, app, onChange }: Props) {
  const options = listQueryTypes().filter(({ returnsText }) => !returnsText || app !== CoreApp.UnifiedAlerting);
  const styles = useStyles2(getStyles);
  const description = options.find(({ value }) => value === queryType)?.description;
  return (
    <>
      <div className={styles.types}>
        <RadioButtonGroup
          aria-label={t('type.type', 'Query type')}
          size="sm"
          options={options}
          value={queryType}
          onChange={onChange}
        />
      </div>
      {description !== undefined && (
        <Text variant="bodySmall" color="secondary">
          {description}
        </Text>
      )}
    </>
  );
}

// A pane of Explore may be narrower than the types.
const getStyles = () => ({ types: css({ maxWidth: '100%', overflowX: 'auto' }) });
