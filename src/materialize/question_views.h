/*-------------------------------------------------------------------------
 *
 * question_views.h
 *		What the views beside the relations are made of.
 *
 *-------------------------------------------------------------------------
 */
#ifndef PANDELEPHANT_QUESTION_VIEWS_H
#define PANDELEPHANT_QUESTION_VIEWS_H

/* As many comments on columns has a view. */
#define QUESTION_MAX_COMMENTS	16

typedef struct QuestionView
{
	const char *name;
	const char *comment;

	/*
	 * SQL in which $name stands for a relation or a view of the schema, and @name
	 * for a function of the extension.  All other names are found in pg_catalog.
	 */
	const char *query;
	struct
	{
		const char *column;		/* NULL: the end */
		const char *comment;
	}			comments[QUESTION_MAX_COMMENTS];
} QuestionView;

/* In an order in which each stands after those that it refers to. */
extern const QuestionView question_views[];
extern const int question_view_count;

#endif							/* PANDELEPHANT_QUESTION_VIEWS_H */
