/** Where a variable's value comes from. `row`: the column of an audience file. */
export type VariableSource =
  | { from: 'name' }
  | { from: 'tier' }
  | { from: 'attribute'; key: string }
  | { from: 'row'; key: string }
  | { from: 'constant'; value: string };

export type PersonalData = {
  name: string | null;
  tier: string | null;
  attributes: Readonly<Record<string, unknown>>;
  rowVariables: Readonly<Record<string, unknown>>;
};

const tierNames: Readonly<Record<string, string>> = { diamond: '钻石', gold: '金牌', silver: '银牌', bronze: '铜牌' };

/** The person's variables, as far as there is data for them; what is missing is left out and shows as a fault of the row. */
export function variablesFor(
  sources: Readonly<Record<string, VariableSource>>,
  person: PersonalData,
): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, source] of Object.entries(sources)) {
    const value = valueOf(source, person);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      variables[name] = String(value);
  }
  return variables;
}

function valueOf(source: VariableSource, person: PersonalData): unknown {
  switch (source.from) {
    case 'name':
      return person.name;
    case 'tier':
      return person.tier === null ? null : (tierNames[person.tier] ?? person.tier);
    case 'attribute':
      return Object.hasOwn(person.attributes, source.key) ? person.attributes[source.key] : null;
    case 'row':
      return Object.hasOwn(person.rowVariables, source.key) ? person.rowVariables[source.key] : null;
    case 'constant':
      return source.value;
  }
}
