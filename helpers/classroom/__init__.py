# SPDX-License-Identifier: Apache-2.0
"""A class: JupyterHub gives each learner a lab of their own at sign-in, and ends it when they leave.

- `teacher_page` the teacher's page
- `sessions` start a class and end it
- `hub_config` the hub's settings, which it reads when it starts
- `hub_process` `spawner` `sign_in` the hub's process; a learner's lab; who may come in
- `roster` who is here, how far they are, whose lab is unwell
- `interface` `programs` what the hub says and does when it is asked; the processes of each learner
- `turns` `copies` first come, first served, and is there room; a learner's copies of the notebooks
- `certificate` `words` a certificate made for the class; the words for the room and the teacher
- `place` the folder of a class
"""
