/** Who signs a form besides the applicant, in this order. */
export type SigningRole = 'liaison' | 'leader';
