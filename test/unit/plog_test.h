/*-------------------------------------------------------------------------
 *
 * plog_test.h
 *		The parts of plog_test, the unit tests of src/plog.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PLOG_TEST_H
#define PLOG_TEST_H

extern void test_wire(void);
extern void test_messages(void);
extern void test_calls(void);
extern void test_forms(void);
extern void test_malformed(void);
extern void test_reader(void);
extern void test_directory(void);
extern void test_chunks(void);
extern void test_recover(void);
extern void test_descriptor(void);
extern void test_numbers(void);

/* Every log in the sub-folders of a folder. */
extern void test_logs(const char *folder);

#endif							/* PLOG_TEST_H */
