import { standardTransformers, type DataTransformerInfo, type TransformerRegistryItem } from '@grafana/data';
import { noEditor } from './fields';

/** The transformations of @grafana/data without duplicate ids: some are exported under two names. */
function unique(): DataTransformerInfo[] {
  const byId = new Map<string, DataTransformerInfo>();
  for (const transformer of Object.values(standardTransformers) as DataTransformerInfo[]) {
    byId.set(transformer.id, transformer);
  }
  return [...byId.values()];
}

/** A transformation as Grafana 12 registers it, which can also be called to get it, as Grafana 13 does. */
function callable(transformation: DataTransformerInfo): DataTransformerInfo & (() => Promise<DataTransformerInfo>) {
  const properties = Object.getOwnPropertyDescriptors(transformation);
  return Object.defineProperties(async () => transformation, properties) as ReturnType<typeof callable>;
}

export const transformers: TransformerRegistryItem[] = unique().map((transformation) => ({
  id: transformation.id,
  name: transformation.name,
  description: transformation.description,
  aliasIds: transformation.aliasIds,
  transformation: callable(transformation),
  editor: noEditor,
  imageDark: '',
  imageLight: '',
}));
