import {
  booleanOverrideProcessor,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  FieldColorModeId,
  FieldType,
  identityOverrideProcessor,
  numberOverrideProcessor,
  stringOverrideProcessor,
  ThresholdsMode,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
  type Field,
  type FieldConfigPropertyItem,
} from '@grafana/data';

const anyField = () => true;
const numberField = (field: Field) => field.type === FieldType.number;

/** Panels cannot be edited here, so a property has no editor. */
export const noEditor = () => null;

function property(
  id: string,
  process: FieldConfigPropertyItem['process'],
  shouldApply: FieldConfigPropertyItem['shouldApply'] = anyField,
  defaultValue?: unknown
): FieldConfigPropertyItem {
  return {
    id,
    path: id,
    name: id,
    description: '',
    category: ['Standard options'],
    editor: noEditor,
    override: noEditor,
    settings: {},
    process,
    shouldApply,
    defaultValue,
  };
}

/** Grafana's default thresholds. */
const standardThresholds = {
  mode: ThresholdsMode.Absolute,
  steps: [
    { value: -Infinity, color: 'green' },
    { value: 80, color: 'red' },
  ],
};

/** The field options of every panel, by their name in dashboards. */
export const standardFields: FieldConfigPropertyItem[] = [
  { ...property('displayName', displayNameOverrideProcessor), settings: { expandTemplateVars: true } },
  property('unit', unitOverrideProcessor),
  property('min', numberOverrideProcessor, numberField),
  property('max', numberOverrideProcessor, numberField),
  property('fieldMinMax', booleanOverrideProcessor, numberField),
  property('decimals', numberOverrideProcessor, numberField),
  property('noValue', stringOverrideProcessor),
  property('color', identityOverrideProcessor, anyField, { mode: FieldColorModeId.Thresholds }),
  property('thresholds', thresholdsOverrideProcessor, anyField, standardThresholds),
  property('mappings', valueMappingsOverrideProcessor, anyField, []),
  property('links', dataLinksOverrideProcessor),
  property('actions', identityOverrideProcessor),
  property('filterable', booleanOverrideProcessor),
];
