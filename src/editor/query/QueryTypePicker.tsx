import { css } from '@emotion/css';
import { CoreApp } from '@grafana/data';
import { RadioButtonGroup, Stack, Text, useStyles2 } from '@grafana/ui';
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
    <Stack alignItems="center" columnGap={3} rowGap={0.5} wrap="wrap">
      <RadioButtonGroup
        aria-label={t('type.type', 'Query type')}
        className={styles.types}
        size="sm"
        options={options}
        value={queryType}
        onChange={onChange}
      />
      {description !== undefined && (
        <Text variant="bodySmall" color="secondary">
          {description}
        </Text>
      )}
    </Stack>
  );
}

// A pane of Explore may be narrower than the types.
const getStyles = () => ({ types: css({ flexWrap: 'wrap' }) });
