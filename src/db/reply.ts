import { execute, sql, type Tx } from './sql.ts';

export type NewReply = {
  accountId: string;
  sequenceId: string;
  phone: string;
  content: string;
  destCode: string;
  meaning: 'opt-out' | 'other';
  receivedAt: Date;
};

/** Stores a reply once; says whether it was new. */
export async function storeReply(tx: Tx, reply: NewReply): Promise<boolean> {
  const { rowCount } = await execute(
    tx,
    sql`insert into inbound_sms (gateway_account_id, sequence_id, phone, content, dest_code, meaning, received_at)
      values (${reply.accountId}, ${reply.sequenceId}, ${reply.phone}, ${reply.content}, ${reply.destCode}, ${reply.meaning}, ${reply.receivedAt})
      on conflict do nothing`,
  );
  return rowCount === 1;
}
