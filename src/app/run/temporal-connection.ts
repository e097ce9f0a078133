import { readFileSync } from 'node:fs';
import { Connection, type TLSConfig } from '@temporalio/client';
import { AppError } from '../../kernel/app-error.rule.ts';
import type { Config } from '../config.ts';

export interface TemporalConnectionOptions {
  address: string;
  tls?: TLSConfig | true;
  apiKey?: string;
}

/** Options for both `Connection.connect` and `NativeConnection.connect`. Throws `config.invalid` for unreadable TLS files. */
export function temporalConnectionOptions(
  temporal: Config['temporal'] & { address: string },
): TemporalConnectionOptions {
  const { address, tls, apiKey } = temporal;
  return {
    address,
    ...(tls && {
      tls: {
        clientCertPair: { crt: read('TEMPORAL_TLS_CERT', tls.certFile), key: read('TEMPORAL_TLS_KEY', tls.keyFile) },
      },
    }),
    ...(apiKey !== undefined && { apiKey, ...(!tls && { tls: true as const }) }),
  };
}

function read(variable: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new AppError(
      'invalid',
      'config.invalid',
      `${variable}: the file ${file} cannot be read (${code}).`,
      undefined,
      { cause: error },
    );
  }
}

/** That a Temporal of the user's own answers and has the namespace. Throws `run.temporal-…`. */
export async function checkTemporal(temporal: Config['temporal'] & { address: string }): Promise<void> {
  const { address, namespace } = temporal;
  try {
    await describeNamespace(temporalConnectionOptions(temporal), namespace, '10s');
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw explain(error, address, namespace);
  }
}

/** Whether server and namespace answer now. */
export async function temporalAnswers(address: string, namespace: string): Promise<boolean> {
  try {
    await describeNamespace({ address }, namespace, '2s');
    return true;
  } catch {
    return false;
  }
}

async function describeNamespace(options: TemporalConnectionOptions, namespace: string, connectTimeout: '2s' | '10s') {
  const connection = await Connection.connect({ ...options, connectTimeout });
  try {
    const deadline = Date.now() + 10_000;
    await connection.withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace }));
  } finally {
    await connection.close();
  }
}

const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

function explain(error: unknown, address: string, namespace: string): AppError {
  const code = (error as { code?: number }).code;
  if (code === NOT_FOUND) {
    const message = `Temporal at ${address} has no namespace "${namespace}": create it there or correct TEMPORAL_NAMESPACE.`;
    return new AppError('unavailable', 'run.temporal-namespace', message, undefined, { cause: error });
  }
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED) {
    const message = `Temporal at ${address} does not let us in: check TEMPORAL_API_KEY, TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY.`;
    return new AppError('unavailable', 'run.temporal-denied', message, undefined, { cause: error });
  }
  const message = `Temporal does not answer at ${address}: start it or correct TEMPORAL_ADDRESS (host:port) and the TLS settings.`;
  return new AppError('unavailable', 'run.temporal-unreachable', message, undefined, { cause: error });
}
