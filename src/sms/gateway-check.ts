import { AppError } from '../kernel/app-error.rule.ts';
import type { SmsGateway } from './gateway.ts';
import { parseTemplate } from './template/template.rule.ts';

/** Of a template: what the gateway must hold alike. */
type Held = { source: string; gatewayCode: string; signName: string };

/**
 * Whether the gateway holds, passed by its reviewers, exactly the text and the signature that people sign here. The gateway
 * renders from its own copy: unless the two are equal, what was signed is not what is sent.
 */
export async function checkGateway(
  gateway: Pick<SmsGateway, 'findTemplate' | 'findSignature'>,
  template: Held,
): Promise<void> {
  const parsed = parseTemplate(template.source);
  if (!parsed.ok)
    throw new AppError('invalid', 'template.unreadable', 'Correct the faults of the template first.', {
      faults: parsed.faults,
    });
  const held = await gateway.findTemplate(template.gatewayCode);
  if (!held)
    throw new AppError(
      'invalid',
      'gateway.template-missing',
      `The gateway has no template ${template.gatewayCode}; apply for it there or correct the code.`,
    );
  if (held.state !== 'passed')
    throw new AppError(
      'invalid',
      'gateway.template-not-passed',
      `The gateway's review of template ${template.gatewayCode} says: ${held.state}.`,
      { state: held.state },
    );
  if (held.content !== parsed.gatewayContent) {
    throw new AppError(
      'invalid',
      'gateway.template-differs',
      `The text of ${template.gatewayCode} at the gateway is not the text of this template; make a template version that equals it.`,
    );
  }
  const signature = await gateway.findSignature(template.signName);
  if (signature?.state !== 'passed') {
    throw new AppError(
      'invalid',
      'gateway.signature-not-passed',
      `The gateway's review of signature ${template.signName} says: ${signature?.state ?? 'not there'}.`,
      { state: signature?.state ?? null },
    );
  }
}

/** The code of what the check refuses, or of a gateway that gives no answer; null when all agrees. */
export async function gatewayFault(check: () => Promise<void>): Promise<string | null> {
  try {
    await check();
    return null;
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
}
