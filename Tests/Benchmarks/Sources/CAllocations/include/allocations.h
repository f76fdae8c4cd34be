#pragma once

/* Allocations of this process since it started. The functions that allocate are replaced in every program this is linked into. */
unsigned long allocations_count(void);
unsigned long allocations_bytes(void);
