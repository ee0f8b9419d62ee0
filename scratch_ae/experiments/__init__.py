"""What is claimed of autoencoders, put to the test: a file for each claim, and for what each variant is to show. They
give back what there is to see, as an `Exhibit`, and write nothing."""
