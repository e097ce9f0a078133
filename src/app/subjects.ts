import { scriptPaper } from '../call/script/paper.page.ts';
import { scriptSubject } from '../call/script/subject.ts';
import { campaignPaper } from '../campaign/paper.page.ts';
import { campaignSubject } from '../campaign/subject.ts';
import { offerPaper } from '../form/paper.page.ts';
import { offerSubject } from '../form/subject.ts';

/** All that two people can sign in this house, and how each is shown. Every process that serves or works begins with it; repeating it changes nothing. */
export function offerSubjects(): void {
  offerSubject(campaignSubject);
  offerPaper(campaignPaper);
  offerSubject(scriptSubject);
  offerPaper(scriptPaper);
}
