/** One picture: the file is `<name>.<language>.<width>.png`. */
export interface Shot {
  name: string;
  path: string;
  width: 1440 | 390;
  /** Names a saved session, `<sessions>/<signedInAs>.json`; null: nobody is signed in. */
  signedInAs: string | null;
  language: 'zh-CN' | 'en';
}

const everywhere = (name: string, path: string, signedInAs: string | null): Shot[] =>
  ([1440, 390] as const).flatMap((width) =>
    (['zh-CN', 'en'] as const).map((language) => ({ name, path, width, signedInAs, language })),
  );

export const shots: Shot[] = [...everywhere('home', '/', null)];
