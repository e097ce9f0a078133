import { aliyunEndpoints } from '../../src/sms/gateway-endpoint.rule.ts';

/** Alibaba's own hosts, and this machine: sandboxes, canned servers and the wire in front of them listen wherever there is room. */
export const anyLocalPort = [...aliyunEndpoints, '127.0.0.1:*'];
